/** Upgrades, CONNECT by policy, and streams of events: bytes must pass at once and both ways, whatever they are. */
import { createServer, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { createFakeClock } from '@heddle/base/testing'
import { expect, test, vi } from 'vitest'
import type { HttpConnectionManager, Route } from '@heddle/routing'
import { type ProxyDeps, responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import {
  action,
  anyRoute,
  config,
  exchange,
  httpListener,
  listen,
  rawUpstream,
  startProxy,
  staticCluster,
  type TestProxy,
} from './harness.js'

const keep = keepOpen()

/** Answers each head by script, then echoes what follows in upper case. */
async function upgrading(answer: string): Promise<{ readonly port: number; readonly heads: string[]; readonly sockets: Socket[] }> {
  const heads: string[] = []
  const sockets: Socket[] = []
  const upstream = keep(
    await rawUpstream((socket) => {
      sockets.push(socket)
      let text = ''
      let isTunnel = false
      socket.on('data', (data) => {
        if (isTunnel) return void socket.write(data.toString('latin1').toUpperCase())
        text += data.toString('latin1')
        const end = text.indexOf('\r\n\r\n')
        if (end < 0) return undefined
        heads.push(text.slice(0, end))
        isTunnel = answer.startsWith('HTTP/1.1 1') || answer.startsWith('HTTP/1.1 200 tunnel')
        socket.write(answer + text.slice(end + 4).toUpperCase())
        text = ''
        return undefined
      })
      socket.on('end', () => socket.end('bye'))
    }),
  )
  return { port: upstream.port, heads, sockets }
}

const switching = (type: string): string => `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${type}\r\n\r\n`

function front(port: number, more: Partial<HttpConnectionManager>, route: Partial<Route> = {}, deps: ProxyDeps = {}): Promise<TestProxy> {
  return startProxy(config(httpListener([anyRoute(action('app'), route)], more), [staticCluster('app', [port])]), deps).then(keep)
}

/** Sends, and after each answer that holds `awaited` the next text; collects all until the end. */
function converse(
  port: number,
  first: string,
  replies: readonly (readonly [awaited: string, text: string | undefined])[],
): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    let step = 0
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => void socket.write(first, 'latin1'))
    socket.on('data', (data) => {
      answer += data.toString('latin1')
      const next = replies[step]
      if (next === undefined || !answer.includes(next[0])) return
      step++
      if (next[1] === undefined) socket.end()
      else socket.write(next[1])
    })
    socket.on('error', () => {})
    socket.on('end', () => socket.end())
    socket.on('close', () => resolve(answer))
  })
}

test.each(['websocket', 'Tailscale-Control', 'foo/2.0'])(
  'an upgrade to %s is a tunnel with half close, and one record at its end',
  async (type) => {
    const app = await upgrading(switching(type))
    const proxy = await front(app.port, { upgradeTypes: ['WebSocket', 'tailscale-control', 'FOO/2.0'] })
    const ask = `GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: ${type}\r\nSec-WebSocket-Key: k\r\n\r\n`
    const answer = await converse(proxy.port, ask, [
      ['\r\n\r\n', 'one,'],
      ['ONE,', 'two,'],
      ['TWO,', undefined],
    ])
    expect(answer).toMatch(
      new RegExp(`^HTTP/1\\.1 101 Switching Protocols\\r\\n(.*\\r\\n)*upgrade: ${type}\\r\\n(.*\\r\\n)*\\r\\nONE,TWO,bye$`),
    )
    expect(app.heads[0]).toContain('Sec-WebSocket-Key: k')
    await vi.waitUntil(() => proxy.requests.length > 0)
    expect(proxy.requests).toMatchObject([{ status: 101, flags: 0, details: 'via_upstream' }])
  },
)

test('a refusal of the application is relayed, and the connection goes on with HTTP', async () => {
  const app = await upgrading('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 4\r\n\r\nsorr')
  const proxy = await front(app.port, { upgradeTypes: ['websocket'] })
  const ask = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  const answer = await exchange(proxy.port, `${ask}GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  expect(answer.match(/HTTP\/1\.1 401 Unauthorized\r\n/g)).toHaveLength(2)
  expect(answer).toContain('WWW-Authenticate: Bearer')
  expect(app.heads.map((head) => head.split('\r\n')[0])).toEqual(['GET / HTTP/1.1', 'GET /next HTTP/1.1'])
  expect(app.heads[1]).not.toMatch(/upgrade/i)
})

test('a protocol that is not allowed is left out and the request is a plain one; a route may allow or forbid for itself', async () => {
  const app = await upgrading('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  const ask = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n'
  const none = await front(app.port, {})
  await exchange(none.port, ask)
  const forbids = await front(
    app.port,
    { upgradeTypes: ['websocket'] },
    { action: action('app', { upgrades: [{ type: 'WebSocket', enabled: false }] }) },
  )
  await exchange(forbids.port, ask)
  const allows = await front(app.port, {}, { action: action('app', { upgrades: [{ type: 'WebSocket' }] }) })
  await exchange(allows.port, ask)
  expect(app.heads.map((head) => /upgrade/i.test(head))).toEqual([false, false, true])
})

test('an upgrade to something else than was asked is a bad gateway', async () => {
  const app = await upgrading(switching('foo'))
  const proxy = await front(app.port, { upgradeTypes: ['websocket'] })
  const answer = await exchange(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', {
    until: (text) => text.includes('\r\n\r\n'),
  })
  expect(answer).toMatch(/^HTTP\/1\.1 502 /)
})

test('a tunnel in which nothing moves is cut after the idle time of streams, and each byte counts', async () => {
  const clock = createFakeClock()
  const app = await upgrading(switching('websocket'))
  const proxy = await front(app.port, { upgradeTypes: ['websocket'], streamIdleTimeoutMs: 10_000 }, {}, { clock })
  let heard = ''
  const socket = connect(proxy.port, '127.0.0.1').on('error', () => {})
  const closed = new Promise((resolve) => socket.on('close', resolve))
  socket.on('data', (data) => (heard += data.toString('latin1')))
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await vi.waitUntil(() => heard.includes('\r\n\r\n'))
  clock.advance(9000)
  socket.write('x')
  await vi.waitUntil(() => heard.endsWith('X'))
  clock.advance(9000)
  expect(proxy.requests).toEqual([])
  clock.advance(1000)
  await closed
  expect(proxy.requests).toMatchObject([{ status: 101, flags: flag.SI, details: 'stream_idle_timeout' }])
  await vi.waitUntil(() => app.sockets[0]?.destroyed)
})

const connectRoute = (terminatesConnect: boolean): Partial<Route> => ({
  match: { path: { kind: 'connect' } },
  action: action('app', { upgrades: [{ type: 'CONNECT', ...(terminatesConnect ? { terminatesConnect } : {}) }] }),
})

test('a CONNECT that ends here opens a connection to the endpoint and passes its bytes as they are', async () => {
  const app = keep(
    await rawUpstream((socket) => {
      socket.on('data', (data) => socket.write(data.toString('latin1').toUpperCase()))
      socket.on('end', () => socket.end('bye'))
    }),
  )
  const proxy = await front(app.port, { upgradeTypes: ['CONNECT'] }, connectRoute(true))
  const answer = await converse(proxy.port, 'CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n\r\nearly,', [
    ['EARLY,', 'late'],
    ['LATE', undefined],
  ])
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:(?!content-length|transfer-encoding|connection).*\r\n)*\r\nEARLY,LATEbye$/)
  await vi.waitUntil(() => proxy.requests.length > 0)
  expect(proxy.requests).toMatchObject([{ status: 200, flags: 0, cluster: 'app' }])
  expect(proxy.proxy.stats().clusters[0]).toMatchObject({ activeConnections: 0, activeRequests: 0 })
})

test('a CONNECT that is forwarded asks the next proxy, and its refusal is relayed', async () => {
  const next = await upgrading('HTTP/1.1 200 tunnel\r\nContent-Length: 99\r\n\r\n')
  const proxy = await front(next.port, { upgradeTypes: ['CONNECT'] }, connectRoute(false))
  const answer = await converse(proxy.port, 'CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n\r\n', [
    ['\r\n\r\n', 'abc'],
    ['ABC', undefined],
  ])
  expect(answer).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nABCbye$/s)
  expect(next.heads[0]).toMatch(/^CONNECT db:5432 HTTP\/1\.1\r\nHost: db:5432\r\n/)
  const refusing = await upgrading('HTTP/1.1 407 Who\r\nContent-Length: 2\r\n\r\nno')
  const second = await front(refusing.port, { upgradeTypes: ['CONNECT'] }, connectRoute(false))
  expect(await exchange(second.port, 'CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\nConnection: close\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 407 .*no$/s,
  )
})

test('CONNECT meets only routes that are for it, and without a policy it is refused', async () => {
  const app = keep(await rawUpstream(() => {}))
  const ask = 'CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\nConnection: close\r\n\r\n'
  const plain = await front(app.port, {})
  expect(await exchange(plain.port, ask)).toMatch(/^HTTP\/1\.1 405 /)
  const noRoute = await front(app.port, { upgradeTypes: ['CONNECT'] })
  expect(await exchange(noRoute.port, ask)).toMatch(/^HTTP\/1\.1 404 /)
  const route = { ...connectRoute(true), action: action('app', { upgrades: [{ type: 'CONNECT', enabled: false }] }) }
  const disabled = await front(app.port, { upgradeTypes: ['CONNECT'] }, route)
  expect(await exchange(disabled.port, ask)).toMatch(/^HTTP\/1\.1 403 /)
  const other = await front(app.port, { upgradeTypes: ['CONNECT'] }, connectRoute(true))
  expect(await exchange(other.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 404 /)
  expect(await exchange(other.port, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 5\r\n\r\nhello')).toMatch(/^HTTP\/1\.1 400 /)
})

test('an endpoint that refuses costs the CONNECT a 503, and another one is tried as the policy says', async () => {
  const gone = await rawUpstream(() => {})
  gone.close()
  const proxy = await front(gone.port, { upgradeTypes: ['CONNECT'] }, connectRoute(true))
  const ask = 'CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\nConnection: close\r\n\r\n'
  expect(await exchange(proxy.port, ask)).toMatch(/^HTTP\/1\.1 503 /)
  const app = keep(await rawUpstream((socket) => socket.end('hi')))
  const retryPolicy = { retryOn: 'connect-failure', numRetries: 2, previousHosts: true, hostSelectionRetryMaxAttempts: 3 }
  const route = { ...connectRoute(true), action: action('app', { retryPolicy, upgrades: [{ type: 'CONNECT', terminatesConnect: true }] }) }
  const clusters = [staticCluster('app', [gone.port, app.port])]
  const second = keep(await startProxy(config(httpListener([anyRoute(action('app'), route)], { upgradeTypes: ['CONNECT'] }), clusters)))
  for (let round = 0; round < 4; round++) expect(await converse(second.port, ask, [])).toMatch(/^HTTP\/1\.1 200 .*hi$/s)
})

test('each event of a stream of events arrives before the next is sent', async () => {
  let send: (text: string) => void = () => {}
  let end: () => void = () => {}
  const server = createServer((_, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    outgoing.flushHeaders()
    send = (text) => void outgoing.write(text)
    end = () => void outgoing.end()
  })
  const app = keep(await listen(server))
  const proxy = await front(app.port, {})
  let heard = ''
  let isOver = false
  request({ port: proxy.port, host: '127.0.0.1', agent: false }, (incoming) => {
    heard = `${incoming.statusCode} `
    incoming.on('data', (data: Buffer) => (heard += data.toString()))
    incoming.on('end', () => (isOver = true))
  }).end()
  await vi.waitUntil(() => heard === '200 ')
  for (let event = 0; event < 5; event++) {
    send(`data: ${event}\n\n`)
    await vi.waitUntil(() => heard.endsWith(`data: ${event}\n\n`))
  }
  end()
  await vi.waitUntil(() => isOver)
})

test('an explicit proxy lets nobody to where it is forbidden, by CONNECT or otherwise', async () => {
  const deps: ProxyDeps = {
    bind: () => [{ address: '127.0.0.1', port: 0, original: { kind: 'http-proxy' } }],
    resolveName: (host, port) => (port === 15_000 ? 'forbidden' : host === 'known' ? { address: '127.0.0.1', port } : undefined),
  }
  const proxy = keep(await startProxy(config(httpListener([]), []), deps))
  const ask = (head: string): Promise<string> => exchange(proxy.port, `${head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  expect(await ask('CONNECT 127.0.0.1:15000')).toMatch(/^HTTP\/1\.1 403 /)
  expect(await ask('GET http://127.0.0.1:15000/config_dump')).toMatch(/^HTTP\/1\.1 403 /)
  expect(await ask('CONNECT unknown:80')).toMatch(/^HTTP\/1\.1 502 /)
})
