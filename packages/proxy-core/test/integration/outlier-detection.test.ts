import { expect, test } from 'vitest'
import { createFakeClock } from '@heddle/base/testing'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, rawUpstream, startProxy, staticCluster } from './harness.js'

const keep = keepOpen()

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const once = { outlierDetection: { consecutive5xx: 1, maxEjectionPercent: 100 } }

test('a gRPC answer that is all head counts by its gRPC status, and only for gRPC requests', async () => {
  const upstream = keep(
    await httpUpstream((_, outgoing) => void outgoing.writeHead(200, { 'content-type': 'application/grpc', 'grpc-status': '14' }).end()),
  )
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port], once)])))
  const isEjected = (): boolean | undefined => front.proxy.stats().clusters[0]?.endpoints[0]?.ejected
  await exchange(front.port, get)
  expect(isEjected()).toBe(false)
  await exchange(front.port, get.replace('Host', 'Content-Type: application/grpc\r\nHost'))
  expect(isEjected()).toBe(true)
})

test('an answer that breaks off counts as a failure', async () => {
  const upstream = keep(
    await rawUpstream((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'))),
  )
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port], once)])))
  await exchange(front.port, get)
  await expect.poll(() => front.proxy.stats().clusters[0]?.endpoints[0]?.ejected).toBe(true)
})

test('a route timeout counts against the endpoint that did not answer', async () => {
  const clock = createFakeClock()
  const upstream = keep(await httpUpstream(() => {}))
  const cluster = staticCluster('u', [upstream.port], once)
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u', { timeoutMs: 1000 }))]), [cluster]), { clock }))
  const answer = exchange(front.port, get)
  await expect.poll(() => front.proxy.stats().clusters[0]?.activeConnections).toBe(1)
  await expect
    .poll(() => {
      clock.advance(200)
      return front.requests.length
    })
    .toBe(1)
  await answer
  expect(front.proxy.stats().clusters[0]?.endpoints[0]?.ejected).toBe(true)
})
