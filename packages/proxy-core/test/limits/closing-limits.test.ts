/** What is held for a peer that does not read: bytes of an opaque connection that is being connected, and a connection that is over. */
import { createFakeClock } from '@heddle/base/testing'
import { expect, test } from 'vitest'
import { sayFarewell } from '../../src/connection/farewell.js'
import type { ConnectionDeps } from '../../src/connection/connection-deps.js'
import { TcpSession } from '../../src/connection/tcp-session.js'
import type { ConnectListener } from '../../src/transport/connector.js'
import { MemoryChannel } from '../fuzz/memory-channel.js'

test('limit maxStalledMs: a closed connection whose peer reads nothing of what is left', () => {
  const clock = createFakeClock()
  const channel = new MemoryChannel()
  channel.pendingBytes = 1000
  sayFarewell(channel, clock)
  expect(channel.ended).toBe(true)
  clock.advance(59_999)
  expect(channel.closed).toBe(false)
  clock.advance(1)
  expect(channel.closed).toBe(true)
})

test('limit maxStalledMs: whoever takes a byte within that time goes on reading', () => {
  const clock = createFakeClock()
  const channel = new MemoryChannel()
  channel.pendingBytes = 1000
  sayFarewell(channel, clock)
  for (let byte = 0; byte < 5; byte++) {
    clock.advance(59_000)
    channel.pendingBytes--
    clock.advance(1000)
    expect(channel.closed).toBe(false)
  }
  clock.advance(59_999)
  expect(channel.closed).toBe(false)
  clock.advance(1)
  expect(channel.closed).toBe(true)
})

/** An opaque connection whose upstream is connected when the test says so. */
function connecting() {
  const clock = createFakeClock()
  const [downstream, upstream] = [new MemoryChannel(), new MemoryChannel()]
  let listener: ConnectListener | undefined
  const cluster = { activeConnections: 0, maxConnections: 1, connected: () => {}, connectionGone: () => {} }
  const deps = {
    exchange: {
      clock,
      random: { next: () => 0 },
      deadlines: { set: () => {}, remove: () => {} },
      cluster: () => cluster,
      pickEndpoint: () => ({ activeConnections: 0, requests: 0 }),
      telemetry: { onConnectionComplete: () => {} },
    },
    dialTcp: (_cluster: unknown, _endpoint: unknown, _connection: unknown, told: ConnectListener) => {
      listener = told
      return () => {}
    },
  } as unknown as ConnectionDeps
  const connection = { remoteAddress: '127.0.0.1' } as ConstructorParameters<typeof TcpSession>[1]
  const proxy = { statPrefix: 'tcp', target: { kind: 'cluster', cluster: 'u' } } as const
  const session = new TcpSession(deps, connection, downstream, proxy, () => {})
  session.start()
  const receive = (bytes: number): void => downstream.handler.onData(Buffer.alloc(bytes, 'x'), 0, bytes)
  return { downstream, upstream, receive, connected: () => listener?.onConnected(upstream, undefined) }
}

test('limit maxHeldBytes: reading pauses when so much waits for the upstream, and goes on with it', () => {
  const { downstream, upstream, receive, connected } = connecting()
  receive(65_535)
  expect(downstream.paused).toBe(false)
  receive(1)
  expect(downstream.paused).toBe(true)
  expect(upstream.text).toBe('')
  connected()
  expect(upstream.text).toHaveLength(65_536)
  expect(downstream.paused).toBe(false)
  receive(100_000)
  expect(upstream.text).toHaveLength(165_536)
  expect(downstream.paused).toBe(false)
})
