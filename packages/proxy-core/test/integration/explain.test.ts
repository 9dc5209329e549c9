/** `explain` says every rule that was tried; what it predicts is what `inject` and real requests then meet. */
import { expect, test } from 'vitest'
import type { Listener } from '@heddle/routing'
import { createProxy, httpListener, type Proxy, staticCluster } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'

const keep = keepOpen()

const shop = httpListener({
  name: 'shop',
  port: 0,
  routes: [
    {
      name: 'beta',
      match: { path: { kind: 'prefix', value: '/' }, headers: [{ name: 'end-user', match: { kind: 'exact', value: 'jason' } }] },
      action: { kind: 'direct-response', status: 418 },
    },
    { name: 'old', match: { path: { kind: 'path', value: '/old' } }, action: { kind: 'redirect', pathRedirect: '/new' } },
    {
      name: 'api',
      match: { path: { kind: 'prefix', value: '/api/' } },
      action: {
        kind: 'route',
        target: {
          kind: 'weighted-clusters',
          clusters: [
            { name: 'v1', weight: 3 },
            { name: 'v2', weight: 1 },
          ],
        },
        prefixRewrite: '/',
        timeoutMs: 2000,
        retryPolicy: { retryOn: 'connect-failure,5xx', numRetries: 2, perTryTimeoutMs: 500 },
        mirrors: [{ cluster: 'shadow' }],
      },
    },
  ],
})

const proxyOf = (listener: Listener): Proxy =>
  keep(createProxy({ listeners: [listener], clusters: [staticCluster('v1', ['127.0.0.1:1001', '[::1]:1002'])] }))

test('every route that was tried is named with the reason why it was passed over', () => {
  const explanation = proxyOf(shop).explain({ authority: 'shop', path: '/api/items?x=1' })
  expect(explanation).toMatchObject({ listener: 'shop', path: '/api/items?x=1', virtualHost: 'all' })
  expect(explanation.routes).toEqual([
    { name: 'beta', refused: 'header "end-user" must match exact "jason", but it is absent' },
    { name: 'old', refused: 'path exact "/old" does not match "/api/items"' },
    { name: 'api' },
  ])
  expect(explanation.outcome).toMatchObject({
    kind: 'forwarded',
    path: '/items?x=1',
    timeoutMs: 2000,
    timeoutFrom: 'route',
    retries: { on: 'connect-failure,5xx', max: 2, perTryTimeoutMs: 500 },
    mirrors: ['shadow'],
    clusters: [
      {
        name: 'v1',
        share: 75,
        isKnown: true,
        endpoints: [
          { address: '127.0.0.1', port: 1001, healthy: true },
          { address: '::1', port: 1002 },
        ],
      },
      { name: 'v2', share: 25, isKnown: false, endpoints: [] },
    ],
  })
})

test('other outcomes are told as they would be answered', async () => {
  const proxy = proxyOf(shop)
  expect(proxy.explain({ authority: 'a', headers: { 'End-User': 'jason' } }).outcome).toMatchObject({
    kind: 'direct-response',
    status: 418,
  })
  expect((await proxy.inject({ authority: 'a', headers: { 'End-User': 'jason' } })).status).toBe(418)
  expect(proxy.explain({ authority: 'a', path: '/old' }).outcome).toMatchObject({ kind: 'redirect', status: 301, location: 'http://a/new' })
  expect(proxy.explain({ authority: 'a', path: '/else' }).outcome).toEqual({ kind: 'refused', status: 404, details: 'route_not_found' })
  expect((await proxy.inject({ authority: 'a', path: '/else' })).status).toBe(404)
  expect(proxy.explain({ authority: 'a', path: '/%00' })).toMatchObject({ path: undefined, outcome: { status: 400 } })
  expect(proxy.explain({ authority: 'a', path: '/else' }).routes).toHaveLength(3)
  await expect(proxy.inject({ authority: 'a', listener: 'nobody' })).rejects.toMatchObject({ code: 'HEDDLE_PROXY_LISTENER_UNKNOWN' })
  expect(() => proxy.explain({ authority: 'a', listener: 'nobody' })).toThrow(
    expect.objectContaining({ code: 'HEDDLE_PROXY_LISTENER_UNKNOWN' }),
  )
})

test('filter chains are explained by the criterion at which they were left', () => {
  const [http] = shop.filterChains
  const tcp = { filters: [{ kind: 'tcp-proxy', proxy: { statPrefix: 't', target: { kind: 'cluster', cluster: 'v1' } } }] } as const
  const listener: Listener = {
    ...shop,
    filterChains: [
      { ...tcp, name: 'other-port', match: { destinationPort: 9 } },
      { ...tcp, name: 'tls', match: { transportProtocol: 'tls' } },
      { ...tcp, name: 'anything' },
      { filters: http?.filters ?? [], name: 'http', match: { applicationProtocols: ['http/1.1'], transportProtocol: 'raw_buffer' } },
    ],
  }
  const proxy = proxyOf(listener)
  const plain = proxy.explain({ authority: 'a', path: '/api/' })
  expect(plain.filterChains).toEqual([
    { name: 'other-port', refused: 'the destination port does not match' },
    { name: 'tls', refused: 'the transport protocol does not match' },
    { name: 'anything', refused: 'another chain names the transport protocol more exactly' },
    { name: 'http' },
  ])
  const secure = proxy.explain({ authority: 'a', tls: { serverName: 'A', protocols: ['h2'] } })
  expect(secure.filterChains.find(({ refused }) => refused === undefined)?.name).toBe('tls')
  expect(secure.outcome).toMatchObject({ kind: 'tcp', clusters: [{ name: 'v1', share: 100 }] })
})

test('an endpoint that is not ADDRESS:PORT is refused in words', () => {
  expect(() => staticCluster('a', ['127.0.0.1'])).toThrow('"127.0.0.1" is not ADDRESS:PORT')
})
