/** What one request may keep waiting, and its copies: each limit exactly reached and passed by one. */
import { connect } from 'node:net'
import { createFakeClock } from '@heddle/base/testing'
import type { Listener } from '@heddle/routing'
import { expect, test, vi } from 'vitest'
import { DeadlineQueue } from '../../src/deadline-queue.js'
import { HeaderBlock } from '../../src/message/header-block.js'
import type { ExchangeDeps } from '../../src/router/exchange-deps.js'
import { sendMirrors } from '../../src/router/mirror.js'
import { TunnelWatch } from '../../src/router/tunnel-watch.js'
import { config, httpListener, httpUpstream, rawUpstream, startProxy, staticCluster, type TestProxy } from '../integration/harness.js'
import { keepOpen } from '../keep-open.js'

const keep = keepOpen()

const route = {
  match: { path: { kind: 'prefix', value: '/' } },
  action: { kind: 'route', target: { kind: 'cluster', cluster: 'u' } },
} as const

async function front(port: number, more: Parameters<typeof httpListener>[1] = {}) {
  const clock = createFakeClock()
  const listener = JSON.stringify(httpListener([route], more), (key, value: unknown) => (key === 'streamIdleTimeoutMs' ? undefined : value))
  const clusters = [staticCluster('u', [port], { connectTimeoutMs: 0 })]
  const proxy: TestProxy = keep(await startProxy(config(JSON.parse(listener) as Listener, clusters), { clock }))
  const socket = connect(proxy.port, '127.0.0.1').on('error', () => {})
  keep({ close: () => socket.destroy() })
  let heard = ''
  socket.on('data', (data) => (heard += data.toString('latin1')))
  return { clock, proxy, socket, heard: () => heard }
}

test('limit defaultTimeoutMs: a route that says nothing waits so long for the answer', async () => {
  let asked = false
  const app = keep(await httpUpstream(() => (asked = true)))
  const { clock, proxy, socket } = await front(app.port)
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await vi.waitUntil(() => asked)
  clock.advance(14_999)
  expect(proxy.requests).toEqual([])
  clock.advance(1)
  expect(proxy.requests).toMatchObject([{ status: 504, details: 'response_timeout' }])
})

test('limit defaultTunnelIdleMs: a tunnel in which nothing moves, where nothing is said', async () => {
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  const app = keep(await rawUpstream((socket) => socket.once('data', () => socket.write(switching))))
  const { clock, proxy, socket, heard } = await front(app.port, { upgradeTypes: ['websocket'] })
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await vi.waitUntil(() => heard().includes('\r\n\r\n'))
  clock.advance(299_999)
  expect(proxy.requests).toEqual([])
  clock.advance(1)
  expect(proxy.requests).toMatchObject([{ status: 101, details: 'stream_idle_timeout' }])
})

test('limit halfTunnelMs: a tunnel whose upstream has ended its direction, from the last byte of the client on', () => {
  const clock = createFakeClock()
  let isOver = false
  const watch = new TunnelWatch(new DeadlineQueue(clock), clock, 0, () => (isOver = true))
  clock.advance(1_000_000)
  watch.halve()
  clock.advance(59_999)
  watch.touch()
  clock.advance(59_999)
  expect(isOver).toBe(false)
  clock.advance(1)
  expect(isOver).toBe(true)
})

/** Copies whose cluster has no connection for them. */
function mirroring(mirrors = { count: 0, bytes: 0 }) {
  const clock = createFakeClock()
  const deps = {
    clock,
    deadlines: new DeadlineQueue(clock),
    mirrors,
    cluster: () => ({ activeRequests: 0, maxRequests: Infinity }),
    pickEndpoint: () => ({ activeRequests: 0, requests: 0 }),
    acquireStream: () => undefined,
    cancelStream: () => {},
  } as unknown as ExchangeDeps
  const connection = { localAddress: '127.0.0.1' }
  const request = (bytes: number) => ({
    record: { connection, method: 'GET', upstreamPath: '/' },
    head: { headers: new HeaderBlock(), bodyLength: bytes },
    manager: {},
    pieces: [{ length: bytes }],
    trailers: undefined,
    timeoutMs: 0,
  })
  const mirror = (bytes = 0): void =>
    sendMirrors([{ cluster: 'shadow' }], request(bytes) as unknown as Parameters<typeof sendMirrors>[1], deps)
  return { clock, mirrors, mirror }
}

test('limit maxMirrors: so many copies at a time, and no more', () => {
  const { mirrors, mirror } = mirroring()
  for (let at = 0; at < 1024; at++) mirror()
  expect(mirrors.count).toBe(1024)
  mirror()
  expect(mirrors.count).toBe(1024)
})

test('limit maxMirroredBytes: so many bytes of their bodies, and no more', () => {
  const { mirrors, mirror } = mirroring()
  mirror(67_108_863)
  mirror(2)
  expect(mirrors).toEqual({ count: 1, bytes: 67_108_863 })
  mirror(1)
  expect(mirrors).toEqual({ count: 2, bytes: 67_108_864 })
})

test('limit longestMirrorMs: a copy of a request without a timeout is given up after so long', () => {
  const { clock, mirrors, mirror } = mirroring()
  mirror()
  clock.advance(299_999)
  expect(mirrors.count).toBe(1)
  clock.advance(1)
  expect(mirrors.count).toBe(0)
})
