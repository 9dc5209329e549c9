/** Upstreams of HTTP/2 that take few streams at a time, or none (SETTINGS_MAX_CONCURRENT_STREAMS, RFC 9113 section 5.1.2). */
import { expect, test } from 'vitest'
import type { ServerHttp2Stream } from 'node:http2'
import { responseFlagBits as flag } from '@heddle/proxy-core'
import type { Cluster } from '@heddle/routing'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, startProxy, staticCluster, type TestProxy } from './harness.js'
import { block, frame, http2Upstream, rawHttp2Upstream } from './http2-peers.js'

const keep = keepOpen()
const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const statusOf = (answer: string): string => answer.slice(9, 12)

async function front(ports: readonly number[], more: Partial<Cluster> = {}, route: Parameters<typeof action>[1] = {}): Promise<TestProxy> {
  const cluster = staticCluster('u', ports, { http: { protocol: 'http2' }, ...more })
  return keep(await startProxy(config(httpListener([anyRoute(action('u', route))]), [cluster])))
}

const answer = (stream: ServerHttp2Stream): void => {
  stream.respond({ ':status': 200 })
  stream.end('x')
}

const upstreamOf = async (maxConcurrentStreams: number) => keep(await http2Upstream(answer, { settings: { maxConcurrentStreams } }))

test.each([
  ['with room for connections', {}],
  ['with one connection', { circuitBreakers: { maxConnections: 1 } }],
])('an upstream that takes no streams costs its requests a 503 at once, %s', async (_, more) => {
  const upstream = await upstreamOf(0)
  const { proxy, port, requests } = await front([upstream.port], more)
  for (let round = 0; round < 5; round++) expect(statusOf(await exchange(port, get))).toBe('503')
  expect(requests.map(({ flags }) => flags)).toEqual(Array(5).fill(flag.UR))
  expect(requests[0]?.details).toBe('upstream_reset_before_response_started{remote_refused_stream_reset}')
  // One that serves nobody is kept, in case its peer changes its mind.
  await expect.poll(() => proxy.stats().clusters[0]?.activeConnections).toBeLessThanOrEqual(1)
})

test('requests of one time, more than an upstream without streams can refuse at once, all end', async () => {
  const upstream = await upstreamOf(0)
  const { proxy, port, requests } = await front([upstream.port], { circuitBreakers: { maxConnections: 1 } })
  const answers = await Promise.all(Array.from({ length: 120 }, () => exchange(port, get)))
  expect(new Set(answers.map(statusOf))).toEqual(new Set(['503']))
  expect(new Set(requests.map(({ flags }) => flags & ~(flag.UR | flag.UF)))).toEqual(new Set([0]))
  expect(proxy.stats().clusters[0]).toMatchObject({ activeRequests: 0 })
})

test('a retry finds another endpoint than one that takes no streams', async () => {
  const cluster = { circuitBreakers: { maxRetries: 100 } }
  const full = await upstreamOf(0)
  const free = await upstreamOf(100)
  const retryPolicy = { retryOn: 'refused-stream,connect-failure', numRetries: 5 }
  const { port } = await front([full.port, free.port], cluster, { retryPolicy })
  const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(port, get)))
  expect(answers.map(statusOf)).toEqual(Array(10).fill('200'))
})

test('what an upstream takes at a time is known for its next connections', async () => {
  const upstream = await upstreamOf(2)
  const { port } = await front([upstream.port], { http: { protocol: 'http2', maxRequestsPerConnection: 4 } })
  expect(statusOf(await exchange(port, get))).toBe('200')
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(port, get)))
    expect(answers.map(statusOf)).toEqual(Array(20).fill('200'))
  }
})

test('requests that wait for an upstream which takes none any more fail as if it was not there', async () => {
  const asked: ((...frames: Buffer[]) => void)[] = []
  const upstream = keep(
    await rawHttp2Upstream((write, streamId) => {
      asked.push((...before) => write(...before, frame(1, 5, streamId, block([[':status', '200']]))))
    }),
  )
  const { proxy, port, requests } = await front([upstream.port], {
    http: { protocol: 'http2', maxConcurrentStreams: 2 },
    circuitBreakers: { maxConnections: 1 },
  })
  const answers = Array.from({ length: 5 }, () => exchange(port, get))
  await expect.poll(() => proxy.stats().clusters[0]?.activeRequests).toBe(5)
  await expect.poll(() => asked.length).toBe(2)
  const noStreams = frame(4, 0, 0, Buffer.from([0, 3, 0, 0, 0, 0]))
  asked[0]?.(noStreams)
  asked[1]?.()
  expect((await Promise.all(answers)).map(statusOf).toSorted()).toEqual(['200', '200', '503', '503', '503'])
  const failed = requests.filter(({ status }) => status === 503)
  const details = 'upstream_reset_before_response_started{remote_connection_failure|the_upstream_takes_no_streams}'
  expect(failed.map((one) => ({ flags: one.flags, details: one.details }))).toEqual(Array(3).fill({ flags: flag.UF, details }))
})

test('more requests at once than an upstream takes are served by further connections, though nothing was known of it', async () => {
  const upstream = await upstreamOf(1)
  const { port } = await front([upstream.port])
  const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(port, get)))
  expect(answers.map(statusOf)).toEqual(Array(20).fill('200'))
})

test('a connection whose upstream takes streams again is used again', async () => {
  const setting = (streams: number): Buffer => frame(4, 0, 0, Buffer.from([0, 3, 0, 0, 0, streams]))
  const asked: ((...behind: Buffer[]) => void)[] = []
  const connections = new Set<number>()
  const upstream = keep(
    await rawHttp2Upstream((write, streamId, connection) => {
      connections.add(connection)
      asked.push((...behind) => write(frame(1, 5, streamId, block([[':status', '200']])), ...behind))
    }),
  )
  const { port, proxy } = await front([upstream.port], { http: { protocol: 'http2' }, circuitBreakers: { maxConnections: 1 } })
  const first = exchange(port, get)
  await expect.poll(() => asked.length).toBe(1)
  asked.shift()?.(setting(0), setting(1))
  await first
  const answers = Array.from({ length: 3 }, () => exchange(port, get))
  await expect.poll(() => proxy.stats().clusters[0]?.activeRequests).toBe(3)
  for (let at = 0; at < 3; at++) {
    await expect.poll(() => asked.length).toBe(1)
    asked.shift()?.()
  }
  expect((await Promise.all(answers)).map(statusOf)).toEqual(['200', '200', '200'])
  expect(connections).toEqual(new Set([1]))
})
