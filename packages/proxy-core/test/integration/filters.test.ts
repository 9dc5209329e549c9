import { expect, test } from 'vitest'
import type { ProxyFilter } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, startProxy, staticCluster, type TestProxy } from './harness.js'

const keep = keepOpen()

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const fails = (): never => {
  throw new Error('a bug')
}

async function front(filter: ProxyFilter): Promise<TestProxy> {
  const upstream = keep(await httpUpstream((_, outgoing) => void outgoing.end('secret')))
  const listener = httpListener([anyRoute(action('u'))])
  return keep(await startProxy(config(listener, [staticCluster('u', [upstream.port])]), { filters: [filter] }))
}

test.each([
  ['onRequest', { name: 'broken', onRequest: fails }],
  ['onResponse', { name: 'broken', onResponse: fails }],
] as const)('a filter that throws in %s costs its request a 500 with a record, and nothing else', async (_, filter) => {
  const proxy = await front(filter)
  for (let request = 1; request <= 2; request++) {
    const answer = await exchange(proxy.port, get)
    expect(answer).toMatch(/^HTTP\/1\.1 500 /)
    expect(answer).not.toContain('secret')
    expect(proxy.requests).toHaveLength(request)
    expect(proxy.requests.at(-1)).toMatchObject({ status: 500, details: 'filter_failed' })
  }
  await expect.poll(() => proxy.proxy.stats().clusters[0]).toMatchObject({ activeRequests: 0, activeConnections: 0 })
})
