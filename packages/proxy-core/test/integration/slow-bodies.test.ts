/** Bodies that trickle: held to a lowest speed at an edge, over both versions of HTTP, and only for what the client is to blame for. */
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { createFakeClock } from '@heddle/base/testing'
import { expect, test } from 'vitest'
import { type ProxyDeps, responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, rawUpstream, startProxy, staticCluster, type TestProxy } from './harness.js'

const keep = keepOpen()

type FakeClock = ReturnType<typeof createFakeClock>

interface Stage {
  readonly clock: FakeClock
  readonly proxy: TestProxy
  readonly upstream: { bytes: number; socket: Socket | undefined }
}

async function stage(edge: boolean, deps: ProxyDeps = {}): Promise<Stage> {
  const upstream: Stage['upstream'] = { bytes: 0, socket: undefined }
  const { port } = keep(
    await rawUpstream((socket) => {
      upstream.socket = socket
      socket.on('data', (data) => (upstream.bytes += data.length))
      socket.on('error', () => {})
    }),
  )
  const clock = createFakeClock()
  const listener = httpListener([anyRoute(action('app'))], { useRemoteAddress: edge, streamIdleTimeoutMs: 3_600_000 })
  const proxy = keep(await startProxy(config(listener, [staticCluster('app', [port])]), { clock, ...deps }))
  return { clock, proxy, upstream }
}

interface Client {
  text: string
  ended: boolean
  send(bytes: number): void
}

const over = {
  'HTTP/1.1': (port: number, clients: { socket?: Socket }): Client => {
    const socket = connect({ port, host: '127.0.0.1' })
    clients.socket = socket
    const client: Client = { text: '', ended: false, send: (bytes) => void socket.write(Buffer.alloc(bytes)) }
    socket.on('data', (data) => (client.text += data.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => (client.ended = true))
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n')
    keep({ close: () => socket.destroy() })
    return client
  },
  'HTTP/2': (port: number): Client => {
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    session.on('error', () => {})
    const stream = session.request({ ':method': 'POST' })
    const client: Client = { text: '', ended: false, send: (bytes) => void stream.write(Buffer.alloc(bytes)) }
    stream.on('response', (headers) => (client.text += `HTTP/2 ${headers[':status']} `))
    stream.on('data', (data: Buffer) => (client.text += data.toString('latin1')))
    stream.on('error', () => {})
    stream.on('close', () => (client.ended = true))
    keep({ close: () => session.destroy() })
    return client
  },
}
const protocols = ['HTTP/1.1', 'HTTP/2'] as const

/** So many bytes each second. */
async function trickle({ clock, upstream }: Stage, client: Client, seconds: number, bytes: number): Promise<void> {
  for (let second = 0; second < seconds && client.text === ''; second++) {
    const before = upstream.bytes
    client.send(bytes)
    await expect.poll(() => upstream.bytes > before || client.text !== '' || client.ended, { interval: 1 }).toBe(true)
    clock.advance(1000)
  }
}

test.each(protocols)('limit minBodyRate over %s: at an edge 239 bytes a second are too few, and 245 are not', async (protocol) => {
  const slow = await stage(true)
  const one = over[protocol](slow.proxy.port, {})
  await trickle(slow, one, 40, 239)
  await expect.poll(() => one.text).toMatch(/^HTTP\/(1\.1|2) 408 [^]*request timeout$/)
  await expect.poll(() => one.ended).toBe(true)
  expect(slow.proxy.requests).toMatchObject([{ status: 408, flags: flag.SI, details: 'request_body_too_slow' }])
  const fair = await stage(true)
  const other = over[protocol](fair.proxy.port, {})
  await trickle(fair, other, 60, 245)
  expect([other.text, other.ended, fair.proxy.requests]).toEqual(['', false, []])
})

test.each(protocols)(
  'limit bodyRateGraceMs over %s: nothing is said in the first ten seconds, and a fast beginning counts for later',
  async (protocol) => {
    const on = await stage(true)
    const client = over[protocol](on.proxy.port, {})
    await trickle(on, client, 9, 1)
    expect(client.text).toBe('')
    client.send(20_000)
    await trickle(on, client, 30, 1)
    expect(client.text).toBe('')
  },
)

test.each(protocols)('over %s the mesh asks for no speed, nor does an edge where it is 0; any listener may', async (protocol) => {
  const cases: readonly (readonly [edge: boolean, deps: ProxyDeps, isRefused: boolean])[] = [
    [false, {}, false],
    [true, { minBodyRate: 0 }, false],
    [false, { minBodyRate: 100 }, true],
  ]
  for (const [edge, deps, isRefused] of cases) {
    const on = await stage(edge, deps)
    const client = over[protocol](on.proxy.port, {})
    await trickle(on, client, 40, 1)
    if (isRefused) await expect.poll(() => client.text).toContain(' 408 ')
    else expect(client.text).toBe('')
  }
})

test.each(protocols)('over %s a client is not blamed for an upstream that reads nothing', async (protocol) => {
  const on = await stage(true)
  const client = over[protocol](on.proxy.port, {})
  client.send(1)
  await expect.poll(() => on.upstream.bytes).toBeGreaterThan(0)
  on.upstream.socket?.pause()
  client.send(30_000_000)
  // Until nothing moves any more the clock stands still.
  for (let at = 0; at < 300; at++) await new Promise(setImmediate)
  for (let second = 0; second < 60; second++) {
    on.clock.advance(1000)
    await new Promise(setImmediate)
  }
  expect([client.text, client.ended]).toEqual(['', false])
  expect(on.proxy.requests).toEqual([])
})
