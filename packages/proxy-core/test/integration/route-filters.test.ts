/** Fault injection and CORS of routes; what is demanded here is what Envoy 1.40 answers with the same configuration. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { createFakeClock } from '@heddle/base/testing'
import { expect, test, vi } from 'vitest'
import type { CompileRegex, CorsPolicy, FaultInjection, HttpConnectionManager, Route } from '@heddle/routing'
import { type ProxyDeps, responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, startProxy, staticCluster, type TestProxy } from './harness.js'

const keep = keepOpen()

const always = { numerator: 100, denominator: 'HUNDRED' } as const
const both: HttpConnectionManager['httpFilters'] = [{ kind: 'fault' }, { kind: 'cors' }, { kind: 'router' }]

async function proxyWith(
  route: Partial<Route>,
  more: Partial<HttpConnectionManager> = {},
  deps: ProxyDeps = {},
): Promise<TestProxy & { readonly seen: string[] }> {
  const seen: string[] = []
  const upstream = keep(
    await httpUpstream((incoming, outgoing) => {
      let body = ''
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')))
      incoming.on('end', () => {
        seen.push(`${incoming.method} ${incoming.url} ${body.length}`)
        outgoing.setHeader('access-control-allow-origin', 'http://upstream')
        outgoing.end('from the app')
      })
    }),
  )
  const routes = [anyRoute(action('app', { prefixRewrite: '/app/' }), route)]
  const proxy = await startProxy(
    config(httpListener(routes, { httpFilters: both, ...more }), [staticCluster('app', [upstream.port])]),
    deps,
  )
  return { ...keep(proxy), seen }
}

const ask = (port: number, lines = '', method = 'GET'): Promise<string> =>
  exchange(port, `${method} /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}\r\n`)

test('an abort answers with its status, the flag FI and what the route adds, and the application hears nothing', async () => {
  const front = await proxyWith({
    fault: { abort: { httpStatus: 418, percentage: always } },
    headers: { responseAdd: [{ key: 'x-added', value: '1', append: 'OVERWRITE_IF_EXISTS_OR_ADD' }] },
  })
  const answer = await ask(front.port)
  expect(answer).toMatch(/^HTTP\/1\.1 418 /)
  expect(answer).toContain('x-added: 1\r\n')
  expect(answer).toMatch(/fault filter abort$/)
  expect(front.seen).toEqual([])
  expect(front.requests).toMatchObject([{ status: 418, flags: flag.FI, details: 'fault_filter_abort' }])
})

test('an abort with a gRPC status tells it to gRPC callers and is an empty success to others', async () => {
  const front = await proxyWith({ fault: { abort: { grpcStatus: 14, percentage: always } } })
  expect(await ask(front.port, 'content-type: application/grpc\r\n')).toMatch(
    /^HTTP\/1\.1 200 OK\r\n.*grpc-status: 14\r\ngrpc-message: fault filter abort\r\n/s,
  )
  expect(await ask(front.port)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*fault filter abort$/s)
})

test('a delay comes before an abort and both leave their flags', async () => {
  const clock = createFakeClock()
  const fault: FaultInjection = {
    delay: { fixedDelayMs: 700, percentage: always },
    abort: { httpStatus: 500, percentage: always },
  }
  const front = await proxyWith({ fault }, {}, { clock })
  const answer = ask(front.port)
  await vi.waitUntil(() => clock.pendingTimers() >= 2)
  clock.advance(699)
  expect(front.requests).toEqual([])
  clock.advance(1)
  expect(await answer).toMatch(/^HTTP\/1\.1 500 /)
  expect(front.requests).toMatchObject([{ status: 500, flags: flag.DI | flag.FI }])
})

test('a request with a body waits for its delay and arrives whole', async () => {
  const front = await proxyWith({ fault: { delay: { fixedDelayMs: 30, percentage: always } } }, {}, { maxBufferedBytes: 100_000 })
  const status = await new Promise((resolve, reject) => {
    const options = { port: front.port, host: '127.0.0.1', method: 'POST', path: '/x', agent: false }
    const outgoing = request(options, (incoming) => {
      incoming.resume().on('end', () => resolve(incoming.statusCode))
    })
    outgoing.on('error', reject)
    outgoing.end(Buffer.alloc(3_000_000, 'x'))
  })
  expect(status).toBe(200)
  expect(front.seen).toEqual(['POST /app/x 3000000'])
  expect(front.requests).toMatchObject([{ status: 200, flags: flag.DI, details: 'via_upstream' }])
})

test('the timeout of the route begins after the delay', async () => {
  const clock = createFakeClock()
  const front = await proxyWith(
    { fault: { delay: { fixedDelayMs: 5000, percentage: always } }, action: action('app', { timeoutMs: 1000 }) },
    {},
    { clock },
  )
  const answer = ask(front.port)
  await vi.waitUntil(() => clock.pendingTimers() >= 2)
  clock.advance(5000)
  expect(await answer).toMatch(/^HTTP\/1\.1 200 /)
})

test('a client that leaves during its delay leaves nothing behind', async () => {
  const clock = createFakeClock()
  const front = await proxyWith({ fault: { delay: { fixedDelayMs: 5000, percentage: always }, maxActiveFaults: 1 } }, {}, { clock })
  const socket = connect(front.port, '127.0.0.1').on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await vi.waitUntil(() => clock.pendingTimers() >= 2)
  socket.destroy()
  await vi.waitUntil(() => {
    clock.advance(2000)
    return front.requests.length > 0
  })
  expect(front.requests[0]?.flags).toBe(flag.DI | flag.DC)
  clock.advance(60_000)
  expect(front.seen).toEqual([])
})

test('a share is drawn in its own denominator', async () => {
  const draws = [0.0029, 0.0031]
  const random = { next: () => draws.shift() ?? 0.99, bytes: (count: number) => new Uint8Array(count) }
  const abort = { httpStatus: 503, percentage: { numerator: 30, denominator: 'TEN_THOUSAND' } } as const
  const front = await proxyWith({ fault: { abort } }, {}, { random })
  expect(await ask(front.port)).toMatch(/^HTTP\/1\.1 503 /)
  expect(await ask(front.port)).toMatch(/^HTTP\/1\.1 200 /)
})

test('beyond the faults that may be active requests pass untouched', async () => {
  const front = await proxyWith({
    fault: { delay: { fixedDelayMs: 60_000, percentage: always }, abort: { httpStatus: 503, percentage: always }, maxActiveFaults: 1 },
  })
  const first = connect(front.port, '127.0.0.1').on('error', () => {})
  keep({ close: () => first.destroy() })
  first.write('GET /first HTTP/1.1\r\nHost: a\r\n\r\n')
  await vi.waitUntil(() => front.proxy.stats().downstreamConnections === 1)
  await vi.waitUntil(async () => (await ask(front.port)).startsWith('HTTP/1.1 200'))
  expect(front.seen.length).toBeGreaterThan(0)
})

test('faults that the client asks for are asked in headers, and it may only lower the share', async () => {
  const half = { numerator: 50, denominator: 'HUNDRED' } as const
  const random = { next: () => 0.4, bytes: (count: number) => new Uint8Array(count) }
  const front = await proxyWith({ fault: { delay: { percentage: half }, abort: { percentage: half } } }, {}, { random })
  expect(await ask(front.port, 'x-envoy-fault-abort-request: 501\r\nx-envoy-fault-delay-request: 5\r\n')).toMatch(/^HTTP\/1\.1 501 /)
  expect(await ask(front.port, 'x-envoy-fault-abort-grpc-request: 5\r\ncontent-type: application/grpc\r\n')).toContain('grpc-status: 5')
  expect(await ask(front.port, 'x-envoy-fault-abort-request: 501\r\nx-envoy-fault-abort-request-percentage: 30\r\n')).toMatch(
    /^HTTP\/1\.1 200 /,
  )
  expect(await ask(front.port, 'x-envoy-fault-abort-request: 501\r\nx-envoy-fault-abort-request-percentage: 90\r\n')).toMatch(
    /^HTTP\/1\.1 501 /,
  )
  expect(await ask(front.port, 'x-envoy-fault-abort-request: 99\r\n')).toMatch(/^HTTP\/1\.1 200 /)
  expect(front.requests.map(({ flags }) => flags)).toEqual([flag.DI | flag.FI, flag.FI, 0, flag.FI, 0])
})

test('a fault may be for requests with certain headers only', async () => {
  const front = await proxyWith({
    fault: { abort: { httpStatus: 503, percentage: always }, headers: [{ name: 'end-user', match: { kind: 'exact', value: 'jason' } }] },
  })
  expect(await ask(front.port, 'end-user: jason\r\n')).toMatch(/^HTTP\/1\.1 503 /)
  expect(await ask(front.port, 'end-user: anna\r\n')).toMatch(/^HTTP\/1\.1 200 /)
})

test('a manager without the filter passes over what routes say to it', async () => {
  const front = await proxyWith({ fault: { abort: { httpStatus: 503, percentage: always } } }, { httpFilters: [{ kind: 'router' }] })
  expect(await ask(front.port)).toMatch(/^HTTP\/1\.1 200 /)
})

test('a redirect is delayed like every route', async () => {
  const front = await proxyWith({
    action: { kind: 'redirect', pathRedirect: '/y' },
    fault: { delay: { fixedDelayMs: 5, percentage: always } },
  })
  expect(await ask(front.port)).toMatch(/^HTTP\/1\.1 301 .*location: http:\/\/a\/y\r\n/s)
  expect(front.requests[0]?.flags).toBe(flag.DI)
})

const policy: CorsPolicy = {
  allowOrigins: [
    { kind: 'exact', value: 'http://a' },
    { kind: 'prefix', value: 'http://b' },
    { kind: 'regex', value: 'http://c+' },
  ],
  allowMethods: 'GET,POST',
  allowHeaders: 'x-h',
  exposeHeaders: 'x-e',
  maxAge: '60',
  allowCredentials: true,
}
const compileRegex: CompileRegex = (text) => {
  const regex = new RegExp(`^(?:${text})$`)
  return { matches: (value) => regex.test(value), replaceAll: (value) => value }
}
const preflight = 'access-control-request-method: GET\r\n'
const headersOf = (answer: string): readonly string[] => answer.split('\r\n').filter((line) => line.startsWith('access-control-'))

test('the preflight of an allowed origin is answered here', async () => {
  const front = await proxyWith(
    { cors: policy, headers: { responseAdd: [{ key: 'x-added', value: '1', append: 'ADD_IF_ABSENT' }] } },
    {},
    { compileRegex },
  )
  for (const origin of ['http://a', 'http://bb', 'http://cccc']) {
    const answer = await ask(front.port, `${preflight}origin: ${origin}\r\n`, 'OPTIONS')
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer).not.toContain('x-added')
    expect(headersOf(answer)).toEqual([
      `access-control-allow-origin: ${origin}`,
      'access-control-allow-credentials: true',
      'access-control-allow-methods: GET,POST',
      'access-control-allow-headers: x-h',
      'access-control-max-age: 60',
      'access-control-expose-headers: x-e',
    ])
  }
  expect(front.seen).toEqual([])
  expect(front.requests[0]).toMatchObject({ status: 200, flags: 0, details: 'cors_response' })
})

test('answers to an allowed origin carry it, and nothing is changed for others', async () => {
  const front = await proxyWith({ cors: policy }, {}, { compileRegex })
  const allowed = ['access-control-allow-credentials: true', 'access-control-expose-headers: x-e']
  expect(headersOf(await ask(front.port, 'origin: http://a\r\n')).toSorted()).toEqual(
    [...allowed, 'access-control-allow-origin: http://a'].toSorted(),
  )
  expect(headersOf(await ask(front.port, 'origin: http://evil\r\n'))).toEqual(['access-control-allow-origin: http://upstream'])
  expect(headersOf(await ask(front.port))).toEqual(['access-control-allow-origin: http://upstream'])
  expect(headersOf(await ask(front.port, 'origin: http://a\r\n', 'OPTIONS'))).toContain('access-control-allow-origin: http://a')
  expect(front.seen).toHaveLength(4)
})

test('preflights of others are forwarded or answered without the origin, as the policy says', async () => {
  const forwards = await proxyWith({ cors: policy }, {}, { compileRegex })
  expect(headersOf(await ask(forwards.port, `${preflight}origin: http://evil\r\n`, 'OPTIONS'))).toEqual([
    'access-control-allow-origin: http://upstream',
  ])
  expect(forwards.seen).toHaveLength(1)
  const ignores = await proxyWith({ cors: { ...policy, forwardNotMatchingPreflights: false } }, {}, { compileRegex })
  const refused = await ask(ignores.port, `${preflight}origin: http://evil\r\n`, 'OPTIONS')
  expect(refused).toMatch(/^HTTP\/1\.1 200 /)
  expect(refused).not.toContain('access-control-allow-origin')
  expect(refused).toContain('access-control-allow-methods: GET,POST')
  expect(ignores.seen).toEqual([])
  expect(await ask(ignores.port, `${preflight}origin:\r\n`, 'OPTIONS')).toMatch(/from the app$/)
})

test('local answers carry the allowed origin too, or the browser could not read the error', async () => {
  const routes = [anyRoute(action('nowhere'), { cors: policy })]
  const front = keep(await startProxy(config(httpListener(routes, { httpFilters: both }), []), { compileRegex }))
  const answer = await ask(front.port, 'origin: http://a\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 503 /)
  expect(headersOf(answer)).toContain('access-control-allow-origin: http://a')
})
