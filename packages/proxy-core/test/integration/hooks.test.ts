/** Everything that an embedder gives to the engine throws, from every place where it is called, at once and by a promise: it costs a request at most. */
import { request as askHttp } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { createFakeClock } from '@heddle/base/testing'
import { systemClock, systemRandom } from '@heddle/base/node'
import type { Logger } from '@heddle/base'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProxyDeps, ProxyFilter, Telemetry } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, startProxy, staticCluster, type TestProxy } from './harness.js'

const keep = keepOpen()

/** What would have ended the process. */
const escaped: unknown[] = []
const escapes = (error: unknown): void => void escaped.push(error)
beforeAll(() => {
  process.on('uncaughtException', escapes)
  process.on('unhandledRejection', escapes)
})
afterAll(() => {
  process.off('uncaughtException', escapes)
  process.off('unhandledRejection', escapes)
})

const boom = (): never => {
  throw new Error('boom')
}
/** As the types do not allow it, and as it happens all the same. */
const later = (async () => {
  await Promise.resolve()
  throw new Error('boom later')
}) as unknown as () => never

async function front(deps: ProxyDeps): Promise<TestProxy> {
  const app = keep(await httpUpstream((_, outgoing) => void outgoing.end('hello')))
  return keep(await startProxy(config(httpListener([anyRoute(action('app'))]), [staticCluster('app', [app.port])]), deps))
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

async function overHttp2(port: number): Promise<number> {
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  keep({ close: () => session.destroy() })
  const stream = session.request({ ':path': '/' })
  return new Promise((resolve, reject) => {
    stream.on('response', (headers) => resolve(headers[':status'] ?? 0)).on('error', reject)
    stream.resume()
  })
}

/** The status over either version, one after the other on one proxy, and that nothing is left over. */
async function statuses(deps: ProxyDeps): Promise<readonly number[]> {
  const proxy = await front(deps)
  const first = Number((await exchange(proxy.port, get)).slice(9, 12))
  const second = await overHttp2(proxy.port)
  await new Promise((resolve) => setImmediate(resolve))
  await expect.poll(() => proxy.proxy.stats().clusters[0]?.activeRequests).toBe(0)
  expect(escaped.splice(0)).toEqual([])
  return [first, second]
}

const silent: Telemetry = { onRequestComplete: () => {}, onConnectionComplete: () => {} }
const hooks = ['onRequest', 'onResponse', 'onRequestComplete', 'onConnectionOpen', 'onConnectionComplete'] as const
const kinds = [
  ['throws', boom],
  ['fails later', later],
] as const

describe.each(kinds)('what %s', (_, fault) => {
  test.each(['onRequest', 'onResponse'] as const)('in %s of a filter costs that request a 500', async (hook) => {
    const filter: ProxyFilter = { name: 'faulty', [hook]: fault }
    expect(await statuses({ filters: [filter] })).toEqual([500, 500])
  })

  test.each(hooks)('in %s of telemetry costs nothing', async (hook) => {
    expect(await statuses({ telemetry: { ...silent, [hook]: fault } })).toEqual([200, 200])
  })

  test('in dial is an endpoint that cannot be reached', async () => {
    expect(await statuses({ dial: fault })).toEqual([503, 503])
  })

  test('in resolveName costs the request of an explicit proxy a 500', async () => {
    const bind = (): readonly [{ address: string; port: number; original: { kind: 'http-proxy' } }] => [
      { address: '127.0.0.1', port: 0, original: { kind: 'http-proxy' } },
    ]
    const proxy = await front({ resolveName: fault, bind })
    expect(await exchange(proxy.port, 'GET http://web/ HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 500 /)
    expect(await exchange(proxy.port, 'CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n')).toMatch(/^HTTP\/1\.1 500 /)
    expect(escaped.splice(0)).toEqual([])
  })

  test('in resolveDns leaves the cluster without endpoints', async () => {
    const cluster = { ...staticCluster('app', [1]), type: 'STRICT_DNS' as const }
    const proxy = keep(await startProxy(config(httpListener([anyRoute(action('app'))]), [cluster]), { resolveDns: fault }))
    expect(await exchange(proxy.port, get)).toMatch(/^HTTP\/1\.1 503 /)
    expect(escaped.splice(0)).toEqual([])
  })

  test('in a logger costs a line', async () => {
    const logger: Logger = { debug: fault, info: fault, warn: fault, error: fault, child: () => logger }
    const filter: ProxyFilter = { name: 'faulty', onRequest: boom }
    expect(await statuses({ logger, filters: [filter] })).toEqual([500, 500])
  })

  test('in a regular expression costs the request a 500', async () => {
    const route = { ...anyRoute(action('app')), match: { path: { kind: 'regex' as const, value: '/.*' } } }
    const app = keep(await httpUpstream((_, outgoing) => void outgoing.end('hello')))
    const compileRegex = (): { matches: () => never; replaceAll: () => never } => ({ matches: boom, replaceAll: boom })
    const cluster = staticCluster('app', [app.port])
    const proxy = keep(await startProxy(config(httpListener([route]), [cluster]), { compileRegex: compileRegex as never }))
    expect(await exchange(proxy.port, get)).toMatch(/^HTTP\/1\.1 500 /)
    expect(escaped.splice(0)).toEqual([])
  })
})

test('a clock that throws, at any time and in any of its parts, stops no traffic', async () => {
  for (const part of ['now', 'monotonicMs', 'setTimer'] as const) {
    expect(await statuses({ clock: { ...systemClock, [part]: boom } })).toEqual([200, 200])
  }
})

test('a source of random numbers that throws stops no traffic', async () => {
  expect(await statuses({ random: { ...systemRandom, next: boom, bytes: boom } })).toEqual([200, 200])
})

test('secrets that throw fail handshakes only', async () => {
  const http = httpListener([anyRoute(action('app'))])
  const tls = { common: { certificates: [{ name: 'default', source: 'agent' as const }] }, requireClientCertificate: false }
  const listener = { ...http, filterChains: http.filterChains.map((chain) => ({ ...chain, tls })) }
  const secrets = { get: boom, subscribe: () => () => {} }
  const proxy = keep(await startProxy(config(listener, []), { secrets }))
  const hello = Buffer.from('16030100050100000100', 'hex').toString('latin1')
  expect(await exchange(proxy.port, hello + '\0'.repeat(64), { end: true })).toBe('')
  expect(escaped.splice(0)).toEqual([])
})

test('a timeout whose record cannot be written ends its request all the same', async () => {
  const clock = createFakeClock()
  const app = keep(await httpUpstream(() => {}))
  const telemetry = { ...silent, onResponse: boom, onRequestComplete: boom }
  const listener = httpListener([anyRoute(action('app', { timeoutMs: 1000 }))])
  const proxy = keep(await startProxy(config(listener, [staticCluster('app', [app.port])]), { clock, telemetry }))
  const answer = new Promise<number>((resolve) => {
    askHttp({ port: proxy.port, host: '127.0.0.1' }, (incoming) => resolve(incoming.resume().statusCode ?? 0)).end()
  })
  await expect.poll(() => proxy.proxy.stats().clusters[0]?.activeRequests).toBe(1)
  clock.advance(1001)
  expect(await answer).toBe(504)
  expect(escaped.splice(0)).toEqual([])
})

test('a filter that throws in memory costs the injected request a 500', async () => {
  const filter: ProxyFilter = { name: 'faulty', onRequest: boom }
  const proxy = await front({ filters: [filter] })
  expect((await proxy.proxy.inject({ authority: 'a' })).status).toBe(500)
})
