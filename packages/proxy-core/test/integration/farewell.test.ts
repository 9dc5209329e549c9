import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createFakeClock } from '@heddle/base/testing'
import type { Listener } from '@heddle/routing'
import { responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, rawUpstream, startProxy, staticCluster } from './harness.js'

const keep = keepOpen()

function client(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  keep({ close: () => socket.destroy() })
  return socket
}

test('a slow reader of opaque bytes gets all that was written before the upstream closed', async () => {
  const clock = createFakeClock()
  const size = 12_000_000
  const upstream = keep(await rawUpstream((socket) => socket.end(Buffer.alloc(size))))
  const listener: Listener = {
    ...httpListener([]),
    filterChains: [{ filters: [{ kind: 'tcp-proxy', proxy: { statPrefix: 'u', target: { kind: 'cluster', cluster: 'u' } } }] }],
  }
  const front = keep(await startProxy(config(listener, [staticCluster('u', [upstream.port])]), { clock }))
  const slow = client(front.port)
  let received = 0
  let closed = false
  slow.on('close', () => (closed = true))
  slow.on('data', (data: Buffer) => {
    received += data.length
    // A look every second, while it reads a piece in more than one.
    slow.pause()
    clock.advance(1500)
    setImmediate(() => slow.resume())
  })
  await expect.poll(() => received, { timeout: 20_000 }).toBe(size)
  slow.end()
  await expect.poll(() => closed).toBe(true)
})

test('a client that never closes its side of a tunnel is cut a while after the upstream has ended', async () => {
  const clock = createFakeClock()
  const upstream = keep(
    await rawUpstream((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nbye')),
    ),
  )
  const listener = httpListener([anyRoute(action('u'))], { upgradeTypes: ['websocket'] })
  const front = keep(await startProxy(config(listener, [staticCluster('u', [upstream.port])]), { clock }))
  const stuck = client(front.port)
  let text = ''
  stuck.on('data', (data) => (text += data.toString('latin1')))
  stuck.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n')
  await expect.poll(() => text).toMatch(/bye$/)
  expect(front.proxy.stats().downstreamConnections).toBe(1)
  await expect
    .poll(() => {
      clock.advance(30_000)
      return front.proxy.stats().downstreamConnections
    })
    .toBe(0)
  expect(front.requests[0]).toMatchObject({ status: 101 })
})

test('a redirect and the record tell the scheme that x-forwarded-proto names, where it is trusted', async () => {
  const route = anyRoute({ kind: 'redirect', hostRedirect: 'new.example' })
  const ask = 'GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n'
  const mesh = keep(await startProxy(config(httpListener([route]), [])))
  expect(await exchange(mesh.port, ask)).toContain('location: https://new.example/x\r\n')
  const edge = keep(await startProxy(config(httpListener([route], { useRemoteAddress: true }), [])))
  expect(await exchange(edge.port, ask)).toContain('location: http://new.example/x\r\n')
})

test('a retry that the breaker refuses says UO', async () => {
  const upstream = keep(await httpUpstream((_, outgoing) => void ((outgoing.statusCode = 503), outgoing.end())))
  const cluster = staticCluster('u', [upstream.port], { circuitBreakers: { maxRetries: 0 } })
  const route = anyRoute(action('u', { retryPolicy: { retryOn: '5xx', numRetries: 2 } }))
  const front = keep(await startProxy(config(httpListener([route]), [cluster])))
  await exchange(front.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect(front.requests[0]).toMatchObject({ status: 503, flags: flag.UO, attempts: 1 })
})
