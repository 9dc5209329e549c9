import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createFakeClock, createSeededRandom } from '@heddle/base/testing'
import type { Route } from '@heddle/routing'
import { createProxy, responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, rawUpstream, startProxy, staticCluster } from './harness.js'

const keep = keepOpen()

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const getKeepAlive = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** A keep-alive client that collects what it gets. */
function client(port: number): { readonly socket: Socket; text: string; closed: boolean; close(): void } {
  const socket = connect(port, '127.0.0.1')
  const state = { socket, text: '', closed: false, close: () => void socket.destroy() }
  socket.on('data', (data) => (state.text += data.toString('latin1')))
  socket.on('error', () => {})
  socket.on('close', () => (state.closed = true))
  keep(state)
  return state
}

test('a route timeout answers 504 UT and gives the upstream up', async () => {
  const clock = createFakeClock()
  let aborted = false
  const slow = keep(await httpUpstream((incoming) => void incoming.on('close', () => (aborted = true))))
  const front = keep(
    await startProxy(config(httpListener([anyRoute(action('slow', { timeoutMs: 3000 }))]), [staticCluster('slow', [slow.port])]), {
      clock,
    }),
  )
  const answer = exchange(front.port, get)
  await expect.poll(() => front.proxy.stats().clusters[0]?.activeConnections).toBe(1)
  await expect
    .poll(() => {
      clock.advance(1000)
      return front.requests.length
    })
    .toBe(1)
  expect(await answer).toMatch(/^HTTP\/1\.1 504 Gateway Timeout[^]*upstream request timeout$/)
  expect(front.requests[0]).toMatchObject({ status: 504, flags: flag.UT, details: 'response_timeout' })
  await expect.poll(() => aborted).toBe(true)
})

test('a per-try timeout is retried', async () => {
  const clock = createFakeClock()
  let calls = 0
  const upstream = keep(await httpUpstream((_, outgoing) => void (++calls > 1 && outgoing.end('second'))))
  const retryPolicy = { retryOn: '5xx', numRetries: 2, perTryTimeoutMs: 500 }
  const front = keep(
    await startProxy(config(httpListener([anyRoute(action('u', { retryPolicy }))]), [staticCluster('u', [upstream.port])]), { clock }),
  )
  const answer = exchange(front.port, get)
  await expect.poll(() => calls).toBe(1)
  clock.advance(501)
  // Only the back-off may pass now: however slow the machine, the second try keeps its time.
  await expect
    .poll(() => {
      clock.advance(20)
      return calls
    })
    .toBe(2)
  expect(await answer).toMatch(/second$/)
  expect(front.requests[0]).toMatchObject({ status: 200, attempts: 2 })
})

test('a 503 is retried with its body, and the tries run out with URX', async () => {
  const bodies: string[] = []
  const upstream = keep(
    await httpUpstream((incoming, outgoing) => {
      let body = ''
      incoming.on('data', (data: Buffer) => (body += data.toString()))
      incoming.on('end', () => {
        bodies.push(body)
        outgoing.statusCode = 503
        outgoing.end('no')
      })
    }),
  )
  const retryPolicy = { retryOn: 'retriable-status-codes', retriableStatusCodes: [503], numRetries: 2 }
  const front = keep(
    await startProxy(config(httpListener([anyRoute(action('u', { retryPolicy }))]), [staticCluster('u', [upstream.port])])),
  )
  const answer = await exchange(front.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody')
  expect(answer).toMatch(/^HTTP\/1\.1 503 /)
  expect(bodies).toEqual(['body', 'body', 'body'])
  expect(front.requests[0]).toMatchObject({ flags: flag.URX, attempts: 3 })
})

test('a safe request survives a pooled connection that the upstream had closed; a POST does not go out twice', async () => {
  let connections = 0
  const upstream = keep(
    await rawUpstream((socket) => {
      connections++
      let requests = 0
      socket.on('data', () => {
        if (++requests > 1) socket.resetAndDestroy()
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      })
    }),
  )
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port])])))
  await exchange(front.port, get)
  expect(await exchange(front.port, get)).toMatch(/ok$/)
  expect(connections).toBe(2)
  expect(await exchange(front.port, 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 503 /)
  expect(front.requests.at(-1)).toMatchObject({ flags: flag.UC, details: expect.stringContaining('connection_termination') as string })
})

test('a client that goes away cancels the upstream request', async () => {
  let aborted = false
  const upstream = keep(await httpUpstream((incoming) => void incoming.on('close', () => (aborted = true))))
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port])])))
  const gone = client(front.port)
  gone.socket.write(getKeepAlive)
  await expect.poll(() => front.proxy.stats().clusters[0]?.activeRequests).toBe(1)
  gone.socket.destroy()
  // A FIN alone may be a half close, so the upstream has a moment to answer before the request is given up.
  await expect.poll(() => front.requests[0], { timeout: 5000 }).toMatchObject({ status: 0, flags: flag.DC })
  await expect.poll(() => aborted).toBe(true)
  expect(front.proxy.stats().clusters[0]?.activeRequests).toBe(0)
})

test('a head that dribbles in is cut at its deadline, whatever still comes', async () => {
  const clock = createFakeClock()
  const front = keep(await startProxy(config(httpListener([]), []), { clock }))
  const slow = client(front.port)
  slow.socket.write('GET / HTTP/1.1\r\n')
  await expect.poll(() => front.proxy.stats().downstreamConnections).toBe(1)
  for (let second = 0; second < 20 && !slow.closed; second++) {
    slow.socket.write('a')
    clock.advance(1000)
    await new Promise(setImmediate)
  }
  await expect.poll(() => slow.closed).toBe(true)
})

test('a new configuration takes over without dropping a connection', async () => {
  const one = keep(await httpUpstream((_, outgoing) => void outgoing.end('one')))
  const two = keep(await httpUpstream((_, outgoing) => void outgoing.end('two')))
  const listener = { ...httpListener([]), filterChains: httpListener([], { routes: { kind: 'rds', routeConfigName: 'web' } }).filterChains }
  const withRoute = (cluster: string) => ({
    listeners: [listener],
    routeConfigurations: [{ name: 'web', virtualHosts: [{ name: 'v', domains: ['*'], routes: [anyRoute(action(cluster))] }] }],
    clusters: [staticCluster('one', [one.port]), staticCluster('two', [two.port])],
    endpoints: [],
  })
  const front = keep(await startProxy(withRoute('one')))
  const held = client(front.port)
  held.socket.write(getKeepAlive)
  await expect.poll(() => held.text).toMatch(/one$/)
  expect(await front.proxy.apply(withRoute('two'))).toEqual({ kind: 'applied' })
  held.socket.write(getKeepAlive)
  await expect.poll(() => held.text).toMatch(/two$/)
  expect(held.closed).toBe(false)
  expect(front.proxy.listeners()[0]?.port).toBe(front.port)
})

test('a listener with another name takes over the address without a gap', async () => {
  const upstream = keep(await httpUpstream((_, outgoing) => void outgoing.end('same port')))
  const probe = keep(await rawUpstream(() => {}))
  probe.close()
  const named = (name: string) =>
    config({ ...httpListener([anyRoute(action('u'))]), name, address: { address: '127.0.0.1', port: probe.port } }, [
      staticCluster('u', [upstream.port]),
    ])
  const front = keep(await startProxy(named('first')))
  const held = client(front.port)
  held.socket.write(getKeepAlive)
  await expect.poll(() => held.text).toMatch(/same port$/)
  expect(await front.proxy.apply(named('second'))).toEqual({ kind: 'applied' })
  expect(front.proxy.listeners().map(({ name }) => name)).toEqual(['second'])
  expect(await exchange(front.port, get)).toMatch(/same port$/)
})

test('a listener that cannot be compiled keeps its last good version, and the rest of the configuration applies', async () => {
  const upstream = keep(await httpUpstream((_, outgoing) => void outgoing.end('good')))
  const good = config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port])])
  const front = keep(await startProxy(good))
  const clusters = [staticCluster('u', [upstream.port]), staticCluster('new', [upstream.port])]
  const bad = config(httpListener([{ match: { path: { kind: 'regex', value: '/.*' } }, action: action('u') }]), clusters)
  const result = await front.proxy.apply(bad)
  const issue = { code: 'HEDDLE_ROUTING_REGEX_UNAVAILABLE', kind: 'listener', name: 'test' }
  expect(result).toMatchObject({ kind: 'applied-in-part', issues: [issue] })
  expect(front.proxy.refused()).toMatchObject([{ ...issue, config: bad.listeners[0] }])
  expect(front.proxy.configDump()).toMatchObject({ listeners: good.listeners, clusters: [{ name: 'u' }, { name: 'new' }] })
  expect(await exchange(front.port, get)).toMatch(/good$/)
  expect(await front.proxy.apply(good)).toEqual({ kind: 'applied' })
  expect(front.proxy.refused()).toEqual([])
})

test('a port that is taken is named, and the proxy keeps what it had', async () => {
  const taken = keep(await rawUpstream(() => {}))
  const proxy = createProxy(config({ ...httpListener([]), address: { address: '127.0.0.1', port: taken.port } }, []))
  keep(proxy)
  await expect(proxy.start()).rejects.toMatchObject({ code: 'HEDDLE_PROXY_LISTEN', retryable: true })
})

test('draining answers what is in flight with connection: close and ends idle connections', async () => {
  let answerNow: () => void = () => {}
  const upstream = keep(
    await httpUpstream(
      (incoming, outgoing) => void (incoming.url === '/slow' ? (answerNow = () => outgoing.end('late')) : outgoing.end('x')),
    ),
  )
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port])])))
  const idle = client(front.port)
  idle.socket.write(getKeepAlive)
  await expect.poll(() => idle.text).toMatch(/x$/)
  const busy = client(front.port)
  busy.socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n')
  await expect.poll(() => front.proxy.stats().clusters[0]?.activeRequests).toBe(1)
  const drained = front.proxy.drain({ deadlineMs: 5000 })
  await expect.poll(() => idle.closed).toBe(true)
  expect(busy.closed).toBe(false)
  answerNow()
  await drained
  expect(busy.text).toMatch(/connection: close\r\n[^]*late/)
})

test('redirects, direct responses, rewrites and header changes follow the route', async () => {
  const upstream = keep(
    await httpUpstream((incoming, outgoing) => void outgoing.end(`${incoming.url ?? ''} ${JSON.stringify(incoming.headers)}`)),
  )
  const routes: Route[] = [
    { match: { path: { kind: 'path', value: '/old' } }, action: { kind: 'redirect', hostRedirect: 'new.example', pathRedirect: '/new' } },
    {
      match: { path: { kind: 'path', value: '/direct' } },
      action: { kind: 'direct-response', status: 418, body: { text: 'short and stout' } },
    },
    {
      match: { path: { kind: 'prefix', value: '/api/' } },
      action: action('u', { prefixRewrite: '/v1/', hostRewriteLiteral: 'inner' }),
      headers: {
        requestAdd: [{ key: 'x-from', value: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', append: 'OVERWRITE_IF_EXISTS_OR_ADD' }],
        requestRemove: ['x-secret'],
        responseAdd: [{ key: 'x-served', value: 'yes', append: 'APPEND_IF_EXISTS_OR_ADD' }],
      },
    },
  ]
  const front = keep(await startProxy(config(httpListener(routes), [staticCluster('u', [upstream.port])])))
  const ask = (path: string): Promise<string> =>
    exchange(front.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Secret: s\r\nConnection: close\r\n\r\n`)
  expect(await ask('/old')).toMatch(/^HTTP\/1\.1 301 Moved Permanently\r\n[^]*location: http:\/\/new\.example\/new\r\n/)
  expect(await ask('/direct')).toMatch(/^HTTP\/1\.1 418 [^]*short and stout$/)
  const answer = await ask('/api/x?y')
  expect(answer).toContain('x-served: yes\r\n')
  expect(answer).toMatch(/\/v1\/x\?y \{/)
  expect(answer).toContain('"host":"inner"')
  expect(answer).toContain('"x-from":"127.0.0.1"')
  expect(answer).toContain('"x-envoy-original-path":"/api/x?y"')
  expect(answer).not.toContain('x-secret')
})

test('a virtual host that demands TLS sends plaintext to https, route or not, and believes x-forwarded-proto', async () => {
  const listener = httpListener([], {
    normalizePath: true,
    routes: {
      kind: 'inline',
      routeConfiguration: {
        name: 'secure',
        virtualHosts: [
          { name: 'secure', domains: ['*'], requireTls: 'ALL', routes: [] },
          { name: 'open', domains: ['open.example'], routes: [] },
        ],
      },
    },
  })
  const front = keep(await startProxy(config(listener, [])))
  const ask = (head: string): Promise<string> =>
    exchange(front.port, `GET /a/../b?q=1&x=2 HTTP/1.1\r\n${head}\r\nConnection: close\r\n\r\n`)
  expect(await ask('Host: shop.example:80')).toMatch(/^HTTP\/1\.1 301 [^]*\r\nlocation: https:\/\/shop\.example:80\/b\?q=1&x=2\r\n/)
  expect(await ask('Host: shop.example\r\nX-Forwarded-Proto: https')).toMatch(/^HTTP\/1\.1 404 /)
  expect(await ask('Host: open.example')).toMatch(/^HTTP\/1\.1 404 /)
  expect(front.requests).toMatchObject([
    { status: 301, flags: 0, details: 'direct_response', cluster: undefined },
    { status: 404, flags: flag.NR, details: 'route_not_found' },
    { status: 404, flags: flag.NR, details: 'route_not_found' },
  ])
})

test('weights split requests as configured, replayable from a seed', async () => {
  const a = keep(await httpUpstream((_, outgoing) => void outgoing.end('a')))
  const b = keep(await httpUpstream((_, outgoing) => void outgoing.end('b')))
  const target = {
    kind: 'weighted-clusters',
    clusters: [
      { name: 'a', weight: 90 },
      { name: 'b', weight: 10 },
    ],
  } as const
  const front = keep(
    await startProxy(
      config(httpListener([anyRoute({ kind: 'route', target, timeoutMs: 0 })]), [
        staticCluster('a', [a.port]),
        staticCluster('b', [b.port]),
      ]),
      { random: createSeededRandom(7) },
    ),
  )
  const held = client(front.port)
  for (let sent = 0; sent < 400; sent++) held.socket.write(getKeepAlive)
  await expect.poll(() => front.requests.length, { timeout: 10_000 }).toBe(400)
  const share = front.requests.filter(({ cluster }) => cluster === 'b').length
  expect(share).toBeGreaterThan(20)
  expect(share).toBeLessThan(65)
})

test('five failures in a row eject an endpoint', async () => {
  const bad = keep(await httpUpstream((_, outgoing) => void ((outgoing.statusCode = 500), outgoing.end())))
  const good = keep(await httpUpstream((_, outgoing) => void outgoing.end('good')))
  const cluster = staticCluster('u', [bad.port, good.port], { outlierDetection: { consecutive5xx: 5, maxEjectionPercent: 100 } })
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster])))
  for (let round = 0; round < 12; round++) await exchange(front.port, get)
  const ejected = front.proxy.stats().clusters[0]?.endpoints.find(({ port }) => port === bad.port)
  expect(ejected?.ejected).toBe(true)
  expect(front.requests.filter(({ status }) => status === 500)).toHaveLength(5)
})

test('a breaker on requests answers 503 UO at once', async () => {
  const upstream = keep(await httpUpstream(() => {}))
  const front = keep(
    await startProxy(
      config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port], { circuitBreakers: { maxRequests: 1 } })]),
    ),
  )
  client(front.port).socket.write(getKeepAlive)
  await expect.poll(() => front.proxy.stats().clusters[0]?.activeRequests).toBe(1)
  const answer = await exchange(front.port, get)
  expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*x-envoy-overloaded: true\r\n[^]*overflow$/)
  expect(front.requests[0]).toMatchObject({ flags: flag.UO })
})

test('20 MB to a slow reader arrive whole while others are served', async () => {
  const body = Buffer.alloc(20_000_000)
  for (let at = 0; at < body.length; at += 4) body.writeUInt32LE(at, at)
  const upstream = keep(await httpUpstream((incoming, outgoing) => void outgoing.end(incoming.url === '/big' ? body : 'small')))
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [upstream.port])])))
  const chunks: Buffer[] = []
  const socket = connect(front.port, '127.0.0.1', () => socket.write('GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'))
  const done = new Promise<void>((resolve) => socket.on('close', resolve))
  socket.on('data', (data) => {
    chunks.push(data)
    if (chunks.length % 50 !== 0) return
    socket.pause()
    void exchange(front.port, get).then(() => socket.resume())
  })
  await done
  const all = Buffer.concat(chunks)
  expect(all.subarray(all.indexOf('\r\n\r\n') + 4).equals(body)).toBe(true)
})
