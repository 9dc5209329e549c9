/** What sockets and their peers may have waiting, and what of TLS is remembered: each limit exactly reached and passed by one. */
import { silentLogger } from '@heddle/base'
import { createFakeClock } from '@heddle/base/testing'
import { createTestCa } from '@heddle/ca/testing'
import type { Secret } from '@heddle/routing'
import { expect, test } from 'vitest'
import { AbortWatch } from '../../src/transport/abort-watch.js'
import { SocketChannel } from '../../src/transport/socket-channel.js'
import { createTlsContexts } from '../../src/transport/tls-contexts.js'
import { createTrustBundles } from '../../src/transport/trust-bundles.js'
import { type KeyPair, UsableCertificates } from '../../src/transport/usable-certificates.js'

/** A channel on a socket that sends when the test says so. */
function channelOf() {
  const writes: number[] = []
  const sent: (() => void)[] = []
  const socket = {
    on: () => socket,
    _write: (chunk: string | Buffer, _: unknown, done: () => void) => {
      writes.push(chunk.length)
      sent.push(done)
    },
  }
  return { channel: new SocketChannel(socket as never, silentLogger, 'onread'), writes, send: () => sent.shift()?.() }
}

test('limit maxWaitingTextBytes: so much text waits for the end of the turn, a byte more goes out at once', () => {
  const { channel, writes } = channelOf()
  channel.writeText('x'.repeat(32_767))
  expect(channel.writeText('x')).toBe(true)
  expect(writes).toEqual([])
  channel.writeText('x')
  expect(writes).toEqual([32_769])
})

test('limit highWaterBytes: whoever writes waits while so much is unsent, and goes on below it', () => {
  const { channel, send } = channelOf()
  let drains = 0
  channel.handler = { onData: () => {}, onEnd: () => {}, onClose: () => {}, onDrain: () => void drains++ }
  const bytes = Buffer.alloc(16_384)
  expect(channel.writeBytes(bytes, 0, 16_383)).toBe(true)
  expect(channel.writeBytes(bytes, 0, 1)).toBe(false)
  expect(channel.pendingBytes).toBe(16_384)
  send()
  expect(drains).toBe(1)
  expect(channel.pendingBytes).toBe(1)
})

test('limit abortLookMs: who is not read is looked at after so long, and who is read is not', () => {
  const clock = createFakeClock()
  const watch = new AbortWatch(clock)
  let looks = 0
  const unread = { probe: () => void looks++ }
  watch.add(unread)
  clock.advance(49)
  expect(looks).toBe(0)
  clock.advance(1)
  expect(looks).toBe(1)
  watch.delete(unread)
  clock.advance(1000)
  expect(looks).toBe(1)
  watch.close()
})

test('limit maxContexts: so many contexts are kept, and with one more the oldest goes', () => {
  const contexts = createTlsContexts({ get: () => undefined, subscribe: () => () => undefined })
  const contextOf = (name: string): unknown => {
    const made = contexts.get({ validation: { roots: { name, source: 'ads' } } }, 'client')
    return made.ok ? made.material : made.reason
  }
  const [oldest, second] = [contextOf('0'), contextOf('1')]
  for (let at = 2; at < 1024; at++) contextOf(String(at))
  expect(contextOf('0')).toBe(oldest)
  contextOf('1024')
  expect(contextOf('1')).toBe(second)
  expect(contextOf('0')).not.toBe(oldest)
})

test('limit maxBundles: so many bundles are kept, and with one more all are read again', () => {
  const reads = new Map<string, number>()
  const bundles = createTrustBundles({
    get: (name) => void reads.set(name, (reads.get(name) ?? 0) + 1),
    subscribe: () => () => undefined,
  })
  for (let at = 0; at < 1024; at++) bundles.get(String(at))
  bundles.get('0')
  expect(reads.get('0')).toBe(1)
  bundles.get('1024')
  bundles.get('0')
  expect(reads.get('0')).toBe(2)
})

test('limit maxRemembered: so many certificates have one to fall back on, and with one more none has', () => {
  const { chainPem, keyPem } = createTestCa().issue('spiffe://cluster.local/ns/default/sa/a')
  const good = (name: string): KeyPair => ({ kind: 'certificate', name, certificateChainPem: chainPem, privateKeyPem: keyPem })
  const broken = new Set<string>()
  const secrets = {
    get: (name: string): Secret => (broken.has(name) ? { ...good(name), privateKeyPem: '' } : good(name)),
    subscribe: () => () => undefined,
  }
  const certificates = new UsableCertificates(secrets, () => {})
  for (let at = 0; at < 1024; at++) certificates.get(String(at))
  broken.add('0')
  expect(certificates.get('0')?.privateKeyPem).toBe(keyPem)
  certificates.get('1024')
  expect(certificates.get('0')?.privateKeyPem).toBe('')
})
