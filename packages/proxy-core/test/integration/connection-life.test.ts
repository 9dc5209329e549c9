/** How long a connection lives and how much may wait for it, where the configuration says so: durations, numbers of requests, buffers. */
import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createFakeClock } from '@heddle/base/testing'
import { expect, test, vi } from 'vitest'
import type { Cluster, HttpConnectionManager, Listener } from '@heddle/routing'
import type { ProxyDeps } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, httpUpstream, rawUpstream, startProxy, staticCluster, type TestProxy } from './harness.js'

const keep = keepOpen()

const route = anyRoute(action('app'))

async function front(
  port: number,
  more: Partial<HttpConnectionManager>,
  cluster: Partial<Cluster> = {},
  deps: ProxyDeps = {},
): Promise<TestProxy> {
  return keep(await startProxy(config(httpListener([route], more), [staticCluster('app', [port], cluster)]), deps))
}

interface Client {
  readonly socket: Socket
  text: string
  ended: boolean
}

function dial(port: number): Client {
  const socket = connect({ port, host: '127.0.0.1' })
  const client: Client = { socket, text: '', ended: false }
  socket.on('data', (data) => (client.text += data.toString('latin1')))
  socket.on('end', () => (client.ended = true))
  socket.on('error', () => {})
  keep({ close: () => socket.destroy() })
  return client
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const answers = (text: string): number => text.split('HTTP/1.1 200').length - 1

test('limit drainsAtMs: an idle connection of HTTP/1.1 ends with its duration, a busy one with the answer that then says so', async () => {
  let answer: (() => void) | undefined
  const app = keep(
    await httpUpstream((incoming, outgoing) => (incoming.url === '/' ? outgoing.end('hi') : (answer = () => void outgoing.end('late')))),
  )
  const clock = createFakeClock()
  const proxy = await front(app.port, { maxConnectionDurationMs: 60_000 }, {}, { clock })
  const [idle, busy] = [dial(proxy.port), dial(proxy.port)]
  idle.socket.write(get)
  await expect.poll(() => idle.text).toContain('hi')
  expect(idle.text).not.toMatch(/connection: close/i)
  busy.socket.write('GET /late HTTP/1.1\r\nHost: a\r\n\r\n')
  await vi.waitUntil(() => answer !== undefined)
  clock.advance(59_999)
  expect(proxy.proxy.stats().downstreamConnections).toBe(2)
  clock.advance(2)
  await expect.poll(() => idle.ended).toBe(true)
  expect(busy.ended).toBe(false)
  answer?.()
  await expect.poll(() => busy.ended).toBe(true)
  expect(busy.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*late/)
})

test('a connection of HTTP/2 says GOAWAY twice when its duration is over, and what is on its way is served', async () => {
  let answer: (() => void) | undefined
  const app = keep(await httpUpstream((_, outgoing) => (answer = () => void outgoing.end('late'))))
  const clock = createFakeClock()
  const proxy = await front(app.port, { maxConnectionDurationMs: 60_000 }, {}, { clock })
  const session = connectHttp2(`http://127.0.0.1:${proxy.port}`)
  keep({ close: () => session.destroy() })
  const goAways: [code: number, last: number][] = []
  session.on('goaway', (code: number, last: number) => goAways.push([code, last]))
  const stream = session.request({ ':path': '/' })
  let text = ''
  stream.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  await vi.waitUntil(() => answer !== undefined)
  clock.advance(60_001)
  await expect
    .poll(() => goAways)
    .toEqual([
      [0, 2 ** 31 - 1],
      [0, 1],
    ])
  answer?.()
  await once(stream, 'close')
  expect(text).toBe('late')
  await expect.poll(() => proxy.proxy.stats().downstreamConnections).toBe(0)
})

test('limit maxRequestsPerConnection: as many requests as the configuration says, also at an edge; 0 lifts it', async () => {
  const app = keep(await httpUpstream((_, outgoing) => void outgoing.end('hi')))
  for (const useRemoteAddress of [true, false]) {
    const proxy = await front(app.port, { useRemoteAddress, maxRequestsPerConnection: 2 })
    const client = dial(proxy.port)
    client.socket.write(get + get + get)
    await expect.poll(() => client.ended).toBe(true)
    expect(answers(client.text)).toBe(2)
    expect(client.text.match(/connection: close/gi)).toHaveLength(1)
    const session = connectHttp2(`http://127.0.0.1:${proxy.port}`)
    keep({ close: () => session.destroy() })
    let goAways = 0
    session.on('goaway', () => goAways++)
    for (const path of ['/1', '/2']) {
      expect(goAways).toBe(0)
      session.request({ ':path': path }).resume()
    }
    await expect.poll(() => session.closed || session.destroyed).toBe(true)
  }
})

test('a connection to an upstream ends with its duration, in use only after its answer', async () => {
  const sockets = new Set<Socket>()
  let answer: (() => void) | undefined
  const app = keep(
    await httpUpstream((incoming, outgoing) => {
      sockets.add(incoming.socket)
      if (incoming.url === '/late') answer = () => void outgoing.end('late')
      else outgoing.end('hi')
    }),
  )
  const clock = createFakeClock()
  const proxy = await front(app.port, {}, { http: { maxConnectionDurationMs: 60_000, idleTimeoutMs: 0 } }, { clock })
  const client = dial(proxy.port)
  const ask = async (path: string, count: number): Promise<void> => {
    client.socket.write(get.replace('/', path))
    await expect.poll(() => answers(client.text)).toBe(count)
  }
  await ask('/', 1)
  clock.advance(59_000)
  await ask('/', 2)
  expect(sockets.size).toBe(1)
  clock.advance(1001)
  await expect.poll(() => proxy.proxy.stats().clusters[0]?.activeConnections).toBe(0)
  await ask('/', 3)
  expect(sockets.size).toBe(2)
  client.socket.write('GET /late HTTP/1.1\r\nHost: a\r\n\r\n')
  await vi.waitUntil(() => answer !== undefined)
  clock.advance(60_001)
  expect(proxy.proxy.stats().clusters[0]?.activeConnections).toBe(1)
  answer?.()
  await expect.poll(() => client.text).toContain('late')
  await expect.poll(() => proxy.proxy.stats().clusters[0]?.activeConnections).toBe(0)
})

test('over HTTP/2, too, a connection to an upstream takes nothing new when its duration is over', async () => {
  const server = createHttp2Server((_, outgoing) => void outgoing.end('hi'))
  let sessions = 0
  server.on('session', () => sessions++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  keep(server)
  const clock = createFakeClock()
  const { port } = server.address() as AddressInfo
  const proxy = await front(port, {}, { http: { protocol: 'http2', maxConnectionDurationMs: 60_000, idleTimeoutMs: 0 } }, { clock })
  const client = dial(proxy.port)
  client.socket.write(get + get)
  await expect.poll(() => answers(client.text)).toBe(2)
  expect(sessions).toBe(1)
  clock.advance(60_001)
  client.socket.write(get)
  await expect.poll(() => answers(client.text)).toBe(3)
  expect(sessions).toBe(2)
})

/** Bytes that one side gets rid of while the other does not read. */
async function takenBy(writer: Socket): Promise<number> {
  const piece = Buffer.alloc(65_536)
  let quiet = 0
  let before = 0
  writer.on('error', () => {})
  for (; quiet < 25;) {
    while (writer.writableLength < 1_048_576) writer.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    const now = writer.bytesWritten - writer.writableLength
    quiet = now === before ? quiet + 1 : 0
    before = now
  }
  return before
}

async function heldFor(side: 'client' | 'upstream', bytes: number): Promise<number> {
  let upstream: Socket | undefined
  const app = keep(await rawUpstream((socket) => (upstream = socket.pause())))
  const proxied = { kind: 'tcp-proxy' as const, proxy: { statPrefix: 'tcp', target: { kind: 'cluster' as const, cluster: 'app' } } }
  const listener: Listener = {
    ...httpListener([]),
    filterChains: [{ filters: [proxied] }],
    ...(side === 'client' ? { perConnectionBufferLimitBytes: bytes } : {}),
  }
  const cluster = staticCluster('app', [app.port], side === 'upstream' ? { perConnectionBufferLimitBytes: bytes } : {})
  const proxy = keep(await startProxy(config(listener, [cluster])))
  const { socket: client } = dial(proxy.port)
  client.pause()
  await vi.waitUntil(() => upstream !== undefined)
  return takenBy(side === 'client' ? (upstream as Socket) : client)
}

test.each(['client', 'upstream'] as const)(
  'a slow %s makes the other side wait at the configured buffer, not before and not much later',
  async (side) => {
    // What the kernel holds is in both, so that the engine's part is the difference; 64 MiB are more than any of its noise.
    const small = await heldFor(side, 32_768)
    const large = await heldFor(side, 67_108_864)
    expect(large - small).toBeGreaterThan(48 * 1_048_576)
    expect(large).toBeLessThan(64 * 1_048_576 + 24 * 1_048_576)
    expect(small).toBeLessThan(24 * 1_048_576)
  },
)
