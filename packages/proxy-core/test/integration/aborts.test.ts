/** Who is cut off is not who has said everything: a reset of either side reaches the other at once, and half closes stay what they are. */
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { createTestCa } from '@heddle/ca/testing'
import { describe, expect, test } from 'vitest'
import type { Cluster, Listener } from '@heddle/routing'
import { responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, listen, rawUpstream, startProxy, staticCluster, type TestProxy } from './harness.js'
import { certificate, roots, secretsOf } from './secrets.js'

const keep = keepOpen()

const ca = createTestCa({ trustDomain: 'td1' })
const identity = ca.issue('spiffe://td1/ns/a/sa/server')
const common = { certificates: [{ name: 'default', source: 'agent' as const }] }

type Transport = 'TCP' | 'TLS'
type End = 'reset' | 'end' | 'open'

/** One side of a connection through the proxy, and how it ended. */
interface Side {
  readonly socket: Socket
  text: string
  state: End
  /** With RST, whatever is on top. */
  reset(): void
}

function watch(socket: Socket, below: Socket): Side {
  const side: Side = { socket, text: '', state: 'open', reset: () => void below.resetAndDestroy() }
  below.on('error', () => (side.state = 'reset'))
  socket.on('error', () => (side.state = 'reset'))
  socket.on('end', () => (side.state = side.state === 'open' ? 'end' : side.state))
  socket.on('data', (data) => (side.text += data.toString('latin1')))
  keep({ close: () => below.destroy() })
  return side
}

async function upstreamOf(transport: Transport): Promise<{ readonly port: number; readonly side: Promise<Side> }> {
  let found: (side: Side) => void
  const side = new Promise<Side>((resolve) => (found = resolve))
  if (transport === 'TCP') {
    const { port } = keep(await rawUpstream((socket) => found(watch(socket, socket))))
    return { port, side }
  }
  let below: Socket | undefined
  const server = createTlsServer({ cert: identity.chainPem, key: identity.keyPem, allowHalfOpen: true }, (socket) =>
    found(watch(socket, below as Socket)),
  )
  server.on('connection', (socket) => (below = socket))
  const { port } = keep(await listen(server))
  return { port, side }
}

function clientOf(port: number, transport: Transport): Side {
  const below = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  if (transport === 'TCP') return watch(below, below)
  return watch(connectTls({ socket: below, rejectUnauthorized: false, allowHalfOpen: true } as object), below)
}

async function pair(transport: Transport, kind: 'tcp' | 'upgrade'): Promise<{ proxy: TestProxy; client: Side; upstream: Side }> {
  const { port, side } = await upstreamOf(transport)
  const tls = transport === 'TCP' ? {} : { tls: { common, requireClientCertificate: false } }
  const cluster: Cluster = staticCluster('app', [port], transport === 'TLS' ? { transportSocket: { kind: 'tls', tls: { common } } } : {})
  const filter = { kind: 'tcp-proxy' as const, proxy: { statPrefix: 'tcp', target: { kind: 'cluster' as const, cluster: 'app' } } }
  const http = httpListener([anyRoute(action('app'))], { upgradeTypes: ['websocket'] })
  const filters = kind === 'tcp' ? [filter] : (http.filterChains[0]?.filters ?? [])
  const listener: Listener = { ...http, filterChains: [{ filters, ...tls }] }
  const secrets = secretsOf(certificate(identity), roots(ca.rootPem, 'td1'))
  const proxy = keep(await startProxy(config(listener, [cluster]), { secrets }))
  const client = clientOf(proxy.port, transport)
  if (kind === 'tcp') client.socket.write('hello')
  else client.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
  const upstream = await side
  if (kind === 'upgrade') {
    await expect.poll(() => upstream.text).toContain('\r\n\r\n')
    upstream.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  }
  await expect.poll(() => upstream.text, { interval: 5 }).toContain('hello')
  upstream.socket.write('welcome')
  await expect.poll(() => client.text, { interval: 5 }).toContain('welcome')
  return { proxy, client, upstream }
}

/** How long it takes. */
async function until(state: () => boolean): Promise<number> {
  const startMs = performance.now()
  await expect.poll(state, { interval: 2, timeout: 5000 }).toBe(true)
  return performance.now() - startMs
}

/** 100 ms on a machine that has nothing else to do; here, sooner than any idle time or grace. */
const soonMs = 800

const kinds = [
  ['TCP', 'tcp'],
  ['TLS', 'tcp'],
  ['TCP', 'upgrade'],
  ['TLS', 'upgrade'],
] as const

describe.each(kinds)('over %s, %s', (transport, kind) => {
  test.each(['client', 'upstream'] as const)('a reset of the %s resets the other side at once', async (who) => {
    const both = await pair(transport, kind)
    const [cut, other] = who === 'client' ? [both.client, both.upstream] : [both.upstream, both.client]
    cut.reset()
    expect(await until(() => other.state !== 'open')).toBeLessThan(soonMs)
    expect(other.state).toBe('reset')
    await expect.poll(() => both.proxy.proxy.stats().downstreamConnections).toBe(0)
  })

  test.each(['client', 'upstream'] as const)('a half close of the %s stays one, and a reset after it is still seen', async (who) => {
    const both = await pair(transport, kind)
    const [ending, other] = who === 'client' ? [both.client, both.upstream] : [both.upstream, both.client]
    ending.socket.end()
    await expect.poll(() => other.state).toBe('end')
    other.socket.write('still here')
    await expect.poll(() => ending.text).toContain('still here')
    expect(ending.state).toBe('open')
    ending.reset()
    expect(await until(() => both.proxy.proxy.stats().downstreamConnections === 0)).toBeLessThan(soonMs)
    // A socket of Node that has seen the end does not look for a reset either.
    other.socket.write('anybody?')
    await until(() => other.state === 'reset')
  })

  test.each(['client', 'upstream'] as const)('a reset of the %s is seen while it is not read from', async (who) => {
    const both = await pair(transport, kind)
    const [cut, other] = who === 'client' ? [both.client, both.upstream] : [both.upstream, both.client]
    other.socket.pause()
    // More than the kernel and the engine hold, until nothing goes any more.
    const piece = Buffer.alloc(262_144)
    let stalled = 0
    while (stalled < 10) {
      stalled = cut.socket.write(piece) ? 0 : stalled + 1
      await new Promise(setImmediate)
    }
    cut.reset()
    await until(() => both.proxy.proxy.stats().downstreamConnections === 0)
  })
})

async function http1Front(onConnection: (socket: Socket) => void): Promise<TestProxy> {
  const { port } = keep(await rawUpstream(onConnection))
  return keep(await startProxy(config(httpListener([anyRoute(action('app'))]), [staticCluster('app', [port])])))
}

const ask = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi'

test.each(['reset', 'close'] as const)('a client of HTTP/1.1 that goes away with a %s ends its request at the upstream', async (how) => {
  let upstream: Side | undefined
  const proxy = await http1Front((socket) => (upstream = watch(socket, socket)))
  const client = clientOf(proxy.port, 'TCP')
  client.socket.write(ask)
  await expect.poll(() => upstream?.text).toContain('hi')
  if (how === 'reset') client.reset()
  else client.socket.destroy()
  expect(await until(() => upstream?.state !== 'open')).toBeLessThan(soonMs)
  expect(upstream?.state).toBe('reset')
  await expect.poll(() => proxy.requests).toMatchObject([{ status: 0, flags: flag.DC }])
})

test('an upstream of HTTP/1.1 that breaks off its answer breaks off the client’s', async () => {
  const proxy = await http1Front((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nhalf', () => inALaterTurn(() => socket.resetAndDestroy())))
  })
  const client = clientOf(proxy.port, 'TCP')
  client.socket.write(ask)
  await until(() => client.state !== 'open')
  expect(client.state).toBe('reset')
  await expect.poll(() => proxy.requests).toMatchObject([{ status: 200, flags: flag.UC }])
})

/** In a later turn, so that what was written goes out by itself. */
function inALaterTurn(run: () => void): void {
  setImmediate(() => setImmediate(run))
}

test('a stream of HTTP/2 that is given up is reset at the upstream, and the other way round', async () => {
  const codes: number[] = []
  const server = createHttp2Server()
  let streams = 0
  server.on('stream', (stream) => {
    stream.on('error', () => {})
    stream.on('close', () => codes.push(stream.rstCode))
    stream.respond({ ':status': 200 })
    stream.write('some')
    if (++streams === 2) stream.once('data', () => stream.destroy(new Error('no more')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  keep(server)
  const cluster = staticCluster('app', [(server.address() as AddressInfo).port], { http: { protocol: 'http2' } })
  const proxy = keep(await startProxy(config(httpListener([anyRoute(action('app'))]), [cluster])))
  const client = connectHttp2(`http://127.0.0.1:${proxy.port}`)
  keep({ close: () => client.destroy() })
  const first = client.request({ ':method': 'POST' })
  first.on('error', () => {})
  await new Promise((resolve) => first.once('data', resolve))
  first.close(8)
  expect(await until(() => codes.length === 1)).toBeLessThan(soonMs)
  expect(codes).toEqual([8])
  const second = client.request({ ':method': 'POST' })
  let failed = false
  second.on('error', () => {})
  second.on('close', () => (failed = true))
  await new Promise((resolve) => second.once('data', resolve))
  second.write('go')
  expect(await until(() => failed)).toBeLessThan(soonMs)
  expect(second.rstCode).toBe(2)
})
