/** Limits of connections in time and number, each exactly reached and passed, at an edge and in the mesh; the clock is the test's. */
import { connect, type Socket } from 'node:net'
import { createFakeClock } from '@heddle/base/testing'
import { describe, expect, test } from 'vitest'
import { maxClientHelloBytes, parseClientHello } from '../../src/listener/client-hello.js'
import { inspect } from '../../src/listener/inspector.js'
import { parseProxyHeader } from '../../src/listener/proxy-protocol.js'
import {
  action,
  anyRoute,
  config,
  httpListener,
  manager,
  rawUpstream,
  startProxy,
  staticCluster,
  type TestProxy,
} from '../integration/harness.js'
import { keepOpen } from '../keep-open.js'

const keep = keepOpen()

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => void setImmediate(resolve))
}

interface Client {
  readonly socket: Socket
  text: string
  ended: boolean
}

function dial(port: number): Client {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const client = { socket, text: '', ended: false }
  keep({ close: () => socket.destroy() })
  socket.on('data', (data) => (client.text += data.toString('latin1')))
  socket.on('error', () => {})
  socket.on('end', () => (client.ended = true))
  socket.on('close', () => (client.ended = true))
  return client
}

const answers: Parameters<typeof anyRoute>[0] = { kind: 'direct-response', status: 200 }

async function stage(
  edge: boolean,
  routes = [anyRoute(answers)],
  more: Parameters<typeof startProxy>[1] = {},
  clusters: readonly ReturnType<typeof staticCluster>[] = [],
) {
  const clock = createFakeClock()
  // The stream idle timeout stays that of the product.
  const { streamIdleTimeoutMs: _, ...withoutTimeout } = manager(routes, { useRemoteAddress: edge })
  const withDefaults = {
    ...httpListener([]),
    filterChains: [{ filters: [{ kind: 'http-connection-manager' as const, manager: withoutTimeout }] }],
  }
  const front: TestProxy = keep(await startProxy(config(withDefaults, clusters), { clock, ...more }))
  return { clock, front }
}

async function connected(front: TestProxy): Promise<Client> {
  const client = dial(front.port)
  await expect.poll(() => front.proxy.stats().downstreamConnections).toBeGreaterThan(0)
  await turns()
  return client
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

describe.each([
  { edge: true, headMs: 10_000, keepAliveMs: 60_000, bodyMs: 30_000 },
  { edge: false, headMs: 15_000, keepAliveMs: 300_000, bodyMs: 300_000 },
])('with edge: $edge', ({ edge, headMs, keepAliveMs, bodyMs }) => {
  test('limit headDeadlineMs: a head that does not end', async () => {
    const { clock, front } = await stage(edge)
    const client = await connected(front)
    client.socket.write('GET / HT')
    await turns()
    clock.advance(headMs - 100)
    await turns()
    expect(client.text).toBe('')
    clock.advance(200)
    await expect.poll(() => client.text).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('limit keepAliveMs: a connection between requests', async () => {
    const { clock, front } = await stage(edge)
    const client = await connected(front)
    client.socket.write(get)
    await expect.poll(() => client.text).toMatch(/^HTTP\/1\.1 200 /)
    clock.advance(keepAliveMs - 100)
    await turns()
    expect(client.ended).toBe(false)
    clock.advance(200)
    await expect.poll(() => client.ended).toBe(true)
  })

  test('limit bodyIdleMs: a body that stands still', async () => {
    const upstream = keep(await rawUpstream(() => {}))
    const { clock, front } = await stage(edge, [anyRoute(action('u'))], { minBodyRate: 0 }, [staticCluster('u', [upstream.port])])
    const client = await connected(front)
    client.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1')
    await expect.poll(() => front.proxy.stats().clusters[0]?.activeRequests).toBe(1)
    await turns()
    clock.advance(bodyMs - 100)
    await turns()
    // A byte is life.
    client.socket.write('2')
    await turns()
    clock.advance(200)
    await turns()
    clock.advance(bodyMs - 200)
    await turns()
    expect(client.ended).toBe(false)
    clock.advance(bodyMs + 100)
    await expect.poll(() => client.ended).toBe(true)
  })
})

test('limit maxRequestsPerConnection: ten thousand on one connection of an edge', async () => {
  const { front } = await stage(true)
  const client = await connected(front)
  client.socket.write(get.repeat(10_001))
  await expect.poll(() => client.ended, { timeout: 20_000 }).toBe(true)
  expect(client.text.match(/HTTP\/1\.1 200/g)).toHaveLength(10_000)
  expect(client.text.match(/connection: close/g)).toHaveLength(1)
})

test('limit defaultMaxConnections: one connection more than may be is closed at once, and a place that is free again is given', async () => {
  const { front } = await stage(false, undefined, { maxConnections: 3 })
  const clients = [dial(front.port), dial(front.port), dial(front.port)]
  await expect.poll(() => front.proxy.stats().downstreamConnections).toBe(3)
  const fourth = dial(front.port)
  await expect.poll(() => fourth.ended).toBe(true)
  expect(clients.some(({ ended }) => ended)).toBe(false)
  clients[0]?.socket.destroy()
  await expect.poll(() => front.proxy.stats().downstreamConnections).toBe(2)
  const fifth = dial(front.port)
  fifth.socket.write(get)
  await expect.poll(() => fifth.text).toMatch(/^HTTP\/1\.1 200 /)
})

test('limit defaultIdleMs: an opaque connection without a byte', async () => {
  const upstream = keep(await rawUpstream((socket) => socket.write('hello')))
  const clock = createFakeClock()
  const proxy = { statPrefix: 'tcp', target: { kind: 'cluster', cluster: 'u' } } as const
  const listener = { ...httpListener([]), filterChains: [{ filters: [{ kind: 'tcp-proxy' as const, proxy }] }] }
  const front = keep(await startProxy(config(listener, [staticCluster('u', [upstream.port])]), { clock }))
  const client = dial(front.port)
  await expect.poll(() => client.text).toBe('hello')
  clock.advance(3_599_000)
  await turns()
  expect(client.ended).toBe(false)
  clock.advance(3_601_000)
  await expect.poll(() => client.ended).toBe(true)
})

test('limit delayedCloseMs: a connection that was answered for the last time is cut when its client does not close', async () => {
  const { clock, front } = await stage(false)
  const client = await connected(front)
  client.socket.write('BAD\r\n\r\n')
  await expect.poll(() => client.ended).toBe(true)
  clock.advance(900)
  await turns()
  expect(front.proxy.stats().downstreamConnections).toBe(1)
  clock.advance(200)
  await expect.poll(() => front.proxy.stats().downstreamConnections).toBe(0)
})

test('limit idleDrainMs: an idle connection whose listener has gone takes a request that was on its way, and ends without one', async () => {
  const { clock, front } = await stage(false)
  const [silent, asking] = [await connected(front), await connected(front)]
  await expect.poll(() => front.proxy.stats().downstreamConnections).toBe(2)
  const { listeners: _, ...withoutListeners } = config(httpListener([]), [])
  await front.proxy.apply({ ...withoutListeners, listeners: [] })
  clock.advance(499)
  await turns()
  expect([silent.ended, asking.ended]).toEqual([false, false])
  asking.socket.write(get)
  await expect.poll(() => asking.ended).toBe(true)
  expect(asking.text.slice(asking.text.lastIndexOf('HTTP/1.1'))).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n/)
  expect(silent.ended).toBe(false)
  clock.advance(2)
  await expect.poll(() => silent.ended).toBe(true)
})

test.each([
  ['limit halfCloseGraceMs: a request that its client called its last', 'Connection: close\r\n', 2000],
  ['limit abortGraceMs: any other request', '', 80],
])('%s is given up after a half close when no answer comes', async (_, fields, graceMs) => {
  const upstream = keep(await rawUpstream(() => {}))
  const { clock, front } = await stage(false, [anyRoute(action('u'))], {}, [staticCluster('u', [upstream.port])])
  const client = await connected(front)
  client.socket.end(get.replace('\r\n\r\n', `\r\n${fields}\r\n`))
  await expect.poll(() => front.proxy.stats().clusters[0]?.activeRequests).toBe(1)
  await turns()
  clock.advance(graceMs - 10)
  await turns()
  expect(front.proxy.stats().clusters[0]?.activeRequests).toBe(1)
  clock.advance(50)
  await expect.poll(() => front.proxy.stats().clusters[0]?.activeRequests).toBe(0)
})

test('limit maxHeaderBytes: a PROXY header', () => {
  const header = (length: number): Buffer => {
    const bytes = Buffer.alloc(16 + length)
    Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1').copy(bytes)
    bytes[12] = 0x21
    bytes[13] = 0x11
    bytes.writeUInt16BE(length, 14)
    // The rest is one TLV.
    bytes[28] = 0xe1
    bytes.writeUInt16BE(length - 15, 29)
    return bytes
  }
  expect(parseProxyHeader(header(4096 - 16)).kind).toBe('header')
  expect(parseProxyHeader(header(4096 - 15)).kind).toBe('refused')
})

test('limit maxClientHelloBytes: a ClientHello', () => {
  const hello = (size: number): Buffer => {
    const bytes = Buffer.alloc(size)
    for (let at = 0; at < size; at += 1005) {
      bytes[at] = 22
      bytes[at + 1] = 3
      bytes.writeUInt16BE(1000, Math.min(at + 3, size - 2))
    }
    bytes[5] = 1
    bytes.writeUIntBE(60_000, 6, 3)
    return bytes
  }
  expect(parseClientHello(hello(maxClientHelloBytes)).kind).toBe('more')
  expect(parseClientHello(hello(maxClientHelloBytes + 1005)).kind).toBe('other')
})

test('limit maxRequestLineBytes: a request line that is looked at to tell HTTP', () => {
  const line = (size: number): Buffer => Buffer.from(`GET /${'x'.repeat(size - 5)}`, 'latin1')
  expect(inspect(line(8191), { tls: false, http: true }).kind).toBe('more')
  expect(inspect(line(8192), { tls: false, http: true })).toEqual({ kind: 'plain', protocols: [] })
})
