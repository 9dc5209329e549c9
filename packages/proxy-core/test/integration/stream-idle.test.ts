/** Envoy's stream idle timeout: a request in which nothing moves, in either direction, ends. */
import { connect } from 'node:net'
import { createFakeClock, type FakeClock } from '@heddle/base/testing'
import { expect, test, vi } from 'vitest'
import type { HttpConnectionManager, Listener } from '@heddle/routing'
import { responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, httpUpstream, startProxy, staticCluster, type TestProxy } from './harness.js'

const keep = keepOpen()

interface Session {
  readonly clock: FakeClock
  readonly front: TestProxy
  readonly heard: () => string
  readonly send: (text: string) => void
  readonly isClosed: () => boolean
}

/** The harness switches the timeout off; without a value it is the engine's. */
function withIdle(more: Partial<HttpConnectionManager>): Listener {
  const listener = httpListener([anyRoute(action('app'))], more)
  if (more.streamIdleTimeoutMs !== undefined) return listener
  return JSON.parse(JSON.stringify(listener, (key, value: unknown) => (key === 'streamIdleTimeoutMs' ? undefined : value))) as Listener
}

/** One request to an upstream that sends what it is told. */
async function session(more: Partial<HttpConnectionManager>): Promise<Session> {
  const clock = createFakeClock()
  let send: (text: string) => void = () => {}
  let asked = false
  const app = keep(
    await httpUpstream((_, outgoing) => {
      asked = true
      send = (text) => void outgoing.write(text)
    }),
  )
  const cluster = staticCluster('app', [app.port], { connectTimeoutMs: 0 })
  const front = keep(await startProxy(config(withIdle(more), [cluster]), { clock }))
  let heard = ''
  let isClosed = false
  const socket = connect(front.port, '127.0.0.1').on('error', () => {})
  keep({ close: () => socket.destroy() })
  socket.on('data', (data) => (heard += data.toString('latin1')))
  socket.on('close', () => (isClosed = true))
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await vi.waitUntil(() => asked)
  return { clock, front, heard: () => heard, send: (text) => send(text), isClosed: () => isClosed }
}

test('an answer that does not begin in time is a 408 with the flag SI', async () => {
  const { clock, front, heard } = await session({ streamIdleTimeoutMs: 10_000 })
  clock.advance(9999)
  expect(front.requests).toEqual([])
  clock.advance(1)
  await vi.waitUntil(() => heard().includes('stream timeout'))
  expect(heard()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
  expect(front.requests).toMatchObject([{ status: 408, flags: flag.SI, details: 'stream_idle_timeout' }])
})

test('an answer that stops is cut, and each byte before gives it more time', async () => {
  const { clock, front, heard, send, isClosed } = await session({ streamIdleTimeoutMs: 10_000 })
  for (let round = 1; round <= 3; round++) {
    send(`part ${round} `)
    await vi.waitUntil(() => heard().includes(`part ${round}`))
    clock.advance(9000)
  }
  expect(front.requests).toEqual([])
  clock.advance(20_000)
  await vi.waitUntil(isClosed)
  expect(front.requests).toMatchObject([{ status: 200, flags: flag.SI, details: 'stream_idle_timeout' }])
})

test('limit defaultStreamIdleMs: five minutes when nothing is said, also at an edge, and for ever with 0', async () => {
  const edge = await session({ useRemoteAddress: true })
  edge.clock.advance(299_000)
  expect(edge.front.requests).toEqual([])
  edge.clock.advance(1000)
  expect(edge.front.requests).toMatchObject([{ status: 408 }])
  const patient = await session({ streamIdleTimeoutMs: 0 })
  patient.clock.advance(3_600_000)
  expect(patient.front.requests).toEqual([])
})
