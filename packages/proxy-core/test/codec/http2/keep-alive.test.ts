/** PINGs that keep a connection alive, or find out that it is not. */
import { createFakeClock } from '@heddle/base/testing'
import { Http2ClientConnection } from '../../../src/codec/http2/client-connection.js'
import type { Http2Options } from '../../../src/codec/http2/options.js'
import { DeadlineQueue } from '../../../src/deadline-queue.js'
import { HeaderBlock } from '../../../src/message/header-block.js'
import { upstreamHeadLimits, meshLimits } from '../../../src/connection/limits.js'
import { expect, test } from 'vitest'
import { MemoryChannel } from '../../fuzz/memory-channel.js'

const options: Http2Options = {
  ...meshLimits.http2,
  head: upstreamHeadLimits,
  maxConcurrentStreams: 10,
  headDeadlineMs: 1000,
  idleMs: 0,
  streamIdleMs: 0,
  maxStreams: 0,
  allowsConnect: false,
  keepAliveMs: 30_000,
  keepAliveTimeoutMs: 5000,
}
const settings = Buffer.from('000000040000000000000000040100000000', 'hex')
const ping = '\0\0\x08\x06\0\0\0\0\0'

function connected() {
  const clock = createFakeClock()
  const channel = new MemoryChannel()
  const waiting: { turnEnded(): void }[] = []
  const info = {
    remoteAddress: '',
    remotePort: 0,
    localAddress: '',
    localPort: 0,
    tls: undefined,
    requestCount: 0,
    telemetryState: undefined,
  }
  const deps = {
    deadlines: new DeadlineQueue(clock),
    monotonicMs: () => clock.monotonicMs(),
    flushAtTurnEnd: (output: { turnEnded(): void }) => void waiting.push(output),
  }
  const pool = { onStreamsChanged: () => {}, onStreamsSettled: () => {}, onConnectionClosed: () => {} }
  const connection = new Http2ClientConnection(channel, pool, options, deps, info)
  channel.handler = connection
  connection.onData(settings, 0, settings.length)
  const sent = (): string => {
    for (const output of waiting.splice(0)) output.turnEnded()
    const { text } = channel
    channel.text = ''
    return text
  }
  sent()
  return { clock, channel, connection, sent }
}

test('limit keepAliveTimeoutMs: a silent peer is asked, and lost when it does not answer', () => {
  const { clock, channel, sent } = connected()
  clock.advance(29_999)
  expect(sent()).toBe('')
  clock.advance(1)
  expect(sent()).toContain(ping)
  clock.advance(4999)
  expect(channel.closed).toBe(false)
  clock.advance(1)
  expect(channel.closed).toBe(true)
})

test('a peer that answers, or speaks of its own, stays', () => {
  const { clock, channel, connection, sent } = connected()
  clock.advance(30_000)
  const asked = Buffer.from(sent(), 'latin1')
  asked[4] = 1
  connection.onData(asked, 0, asked.length)
  clock.advance(20_000)
  expect(channel.closed).toBe(false)
  connection.onData(settings, 9, 18)
  clock.advance(29_000)
  expect(sent()).not.toContain(ping)
})

test('a request on a connection that has ended fails when its caller has come to rest', () => {
  const { clock, connection, channel } = connected()
  const stream = connection.createStream()
  channel.destroy()
  const reasons: string[] = []
  const nothing = (): void => {}
  stream.sendHead('GET', '/', new HeaderBlock(), 0, '', {
    onInformational: nothing,
    onResponseHead: nothing,
    onResponseBody: nothing,
    onResponseEnd: nothing,
    onUpgraded: nothing,
    onTunnelResponse: nothing,
    onTunnelResponseEnd: nothing,
    onUpstreamReset: (reason) => void reasons.push(reason),
    onUpstreamDrain: nothing,
    flushDownstream: nothing,
  })
  stream.sendEnd(undefined)
  expect(reasons).toEqual([])
  clock.advance(1)
  expect(reasons).toEqual(['refused-stream'])
})
