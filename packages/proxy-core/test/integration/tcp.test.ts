/** Opaque connections: splicing with back-pressure and half close, deadlines, attempts, weights, and PROXY headers both ways. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { createTestCa } from '@heddle/ca/testing'
import { createFakeClock, createSeededRandom } from '@heddle/base/testing'
import { expect, test, vi } from 'vitest'
import type { Cluster, Listener, ListenerFilter, TcpProxy } from '@heddle/routing'
import { type ConnectionRecord, type ProxyDeps, responseFlagBits as flag } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import {
  action,
  anyRoute,
  config,
  exchange,
  httpListener,
  httpUpstream,
  rawUpstream,
  startProxy,
  staticCluster,
  type TestProxy,
} from './harness.js'
import { certificate, roots, secretsOf } from './secrets.js'

const keep = keepOpen()

const toApp: TcpProxy = { statPrefix: 'tcp', target: { kind: 'cluster', cluster: 'app' } }

function tcpListener(proxy: Partial<TcpProxy> = {}, more: Partial<Listener> = {}): Listener {
  return {
    name: 'tcp',
    address: { address: '127.0.0.1', port: 0 },
    trafficDirection: 'inbound',
    filterChains: [{ filters: [{ kind: 'tcp-proxy', proxy: { ...toApp, ...proxy } }] }],
    ...more,
  }
}

function front(listener: Listener, clusters: readonly Cluster[], deps: ProxyDeps = {}): Promise<TestProxy> {
  return startProxy(config(listener, clusters), deps).then(keep)
}

const dial = (port: number): Socket => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
  keep({ close: () => socket.destroy() })
  return socket
}

const collect = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    socket.on('data', (data) => (text += data.toString('latin1')))
    socket.on('end', () => socket.end())
    socket.on('close', () => resolve(text))
  })

test('a peer that does not read holds back the other, in both directions, within small buffers', async () => {
  const peers: Socket[] = []
  const app = keep(await rawUpstream((socket) => void peers.push(socket.pause())))
  const proxy = await front(tcpListener(), [staticCluster('app', [app.port])])
  const client = dial(proxy.port).pause()
  await vi.waitUntil(() => peers.length === 1)
  const piece = Buffer.alloc(262_144, 'x')
  for (const [from, to] of [
    [client, peers[0] as Socket],
    [peers[0] as Socket, client],
  ] as const) {
    let sent = 0
    let stalled = 0
    const before = process.memoryUsage().arrayBuffers
    // The kernel's buffers fill first; then nothing more may be taken.
    while (stalled < 50) {
      if (from.writableLength > 4_000_000) stalled++
      else {
        from.write(piece)
        sent += piece.length
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_000_000)
    let received = 0
    to.on('data', (data) => (received += data.length))
    to.resume()
    await vi.waitUntil(() => received === sent, { timeout: 10_000 })
  }
})

test('each direction ends by itself', async () => {
  const app = keep(
    await rawUpstream((socket) => {
      let heard = ''
      socket.on('data', (data) => (heard += data.toString()))
      // Answers only when everything has been said.
      socket.on('end', () => socket.end(`heard ${heard}`))
    }),
  )
  const proxy = await front(tcpListener(), [staticCluster('app', [app.port])])
  const client = dial(proxy.port)
  const answer = collect(client)
  client.end('all of it')
  expect(await answer).toBe('heard all of it')

  const first = keep(
    await rawUpstream((socket) => {
      // Says everything first, and listens on.
      socket.end('bye')
      socket.on('data', (data) => lastWords.push(data.toString()))
    }),
  )
  const lastWords: string[] = []
  const second = await front(tcpListener(), [staticCluster('app', [first.port])])
  const listener = dial(second.port)
  let heard = ''
  listener.on('data', (data) => (heard += data.toString()))
  listener.on('end', () => listener.end('and to you'))
  await vi.waitUntil(() => heard === 'bye' && lastWords.join('') === 'and to you')
  await vi.waitUntil(() => second.connections.length === 1)
  expect(second.connections[0]).toMatchObject({ flags: 0, cluster: 'app' })
})

test('an idle connection is cut after its time, and bytes of either side count', async () => {
  const clock = createFakeClock()
  const peers: Socket[] = []
  const app = keep(await rawUpstream((socket) => void peers.push(socket)))
  const proxy = await front(tcpListener({ idleTimeoutMs: 5000 }), [staticCluster('app', [app.port], { connectTimeoutMs: 0 })], { clock })
  const client = dial(proxy.port)
  let heard = 0
  client.on('data', (data) => (heard += data.length))
  const closed = new Promise((resolve) => client.on('close', resolve))
  await vi.waitUntil(() => peers.length === 1)
  for (let round = 1; round <= 3; round++) {
    clock.advance(4000)
    peers[0]?.write('x')
    await vi.waitUntil(() => heard === round)
  }
  expect(proxy.connections).toEqual([])
  clock.advance(5000)
  client.on('end', () => client.end())
  await closed
  expect(proxy.connections).toMatchObject([{ details: 'idle_timeout' }])
})

test('a connection ends at its greatest age', async () => {
  const clock = createFakeClock()
  const peers: Socket[] = []
  const app = keep(await rawUpstream((socket) => void peers.push(socket)))
  const proxy = await front(tcpListener({ maxConnectionDurationMs: 3000 }), [staticCluster('app', [app.port], { connectTimeoutMs: 0 })], {
    clock,
  })
  const client = dial(proxy.port)
  const ended = collect(client)
  await vi.waitUntil(() => peers.length === 1)
  clock.advance(2000)
  client.write('still here')
  clock.advance(1000)
  await ended
  expect(proxy.connections).toMatchObject([{ details: 'max_duration_timeout' }])
})

test('as many endpoints are tried as the listener says, each time another one', async () => {
  const gone = await rawUpstream(() => {})
  gone.close()
  const app = keep(await rawUpstream((socket) => socket.end('here')))
  const clusters = [staticCluster('app', [gone.port, app.port])]
  const once = await front(tcpListener(), clusters, { random: createSeededRandom(5) })
  const answers = await Promise.all([1, 2, 3, 4].map(() => collect(dial(once.port))))
  expect(answers.toSorted()).toEqual(['', '', 'here', 'here'])
  expect(once.connections.filter(({ flags }) => flags === (flag.UF | flag.URX))).toHaveLength(2)
  const twice = await front(tcpListener({ maxConnectAttempts: 2 }), clusters)
  for (let round = 0; round < 4; round++) expect(await collect(dial(twice.port))).toBe('here')
  await vi.waitUntil(() => twice.proxy.stats().clusters[0]?.activeConnections === 0)
})

test('weights split connections, and clients stick to an endpoint where the source is hashed', async () => {
  const named = async (name: string): Promise<number> => keep(await rawUpstream((socket) => socket.end(name))).port
  const clusters = [staticCluster('a', [await named('a')]), staticCluster('b', [await named('b')])]
  const target = {
    kind: 'weighted-clusters',
    clusters: [
      { name: 'a', weight: 25 },
      { name: 'b', weight: 75 },
    ],
  } as const
  const proxy = await front(tcpListener({ target }), clusters, { random: createSeededRandom(1) })
  const heard: string[] = []
  for (let round = 0; round < 200; round++) heard.push(await collect(dial(proxy.port)))
  const share = heard.filter((name) => name === 'a').length
  expect(share).toBeGreaterThan(30)
  expect(share).toBeLessThan(70)
  const ports = await Promise.all(['1', '2', '3', '4', '5'].map(named))
  const hashing = await front(tcpListener({ hashesSourceIp: true }), [staticCluster('app', ports, { lbPolicy: 'RING_HASH' })])
  const sticky = new Set<string>()
  for (let round = 0; round < 20; round++) sticky.add(await collect(dial(hashing.port)))
  expect(sticky.size).toBe(1)
})

const behindBalancer = (filter: Partial<ListenerFilter> = {}): Partial<Listener> => ({
  listenerFilters: [{ kind: 'proxy-protocol', ...filter }],
})

const v2 = (bytes: readonly number[]): Buffer => Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), Buffer.from(bytes)])
const v2OfClient = v2([0x21, 0x11, 0, 12, 10, 1, 2, 3, 10, 9, 9, 9, 0x30, 0x39, 0, 80])
const v2OfClient6 = v2([
  0x21,
  0x21,
  0,
  36,
  0x20,
  1,
  0x0d,
  0xb8,
  ...Array<number>(11).fill(0),
  1,
  0x20,
  1,
  0x0d,
  0xb8,
  ...Array<number>(11).fill(0),
  2,
  0x30,
  0x39,
  0,
  80,
])

test.each([
  ['version 1', Buffer.from('PROXY TCP4 10.1.2.3 10.9.9.9 12345 80\r\n'), '10.1.2.3:12345 10.9.9.9:80'],
  ['version 1 over IPv6', Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 12345 80\r\n'), '2001:db8::1:12345 2001:db8::2:80'],
  ['version 2', v2OfClient, '10.1.2.3:12345 10.9.9.9:80'],
  ['version 2 over IPv6', v2OfClient6, '2001:db8::1:12345 2001:db8::2:80'],
])('a balancer tells the addresses in %s, whole or byte by byte', async (_, header, expected) => {
  const seen: string[] = []
  const telemetry = {
    onRequestComplete: () => {},
    onConnectionComplete: ({ connection: { remoteAddress, remotePort, localAddress, localPort } }: ConnectionRecord) =>
      void seen.push(`${remoteAddress}:${remotePort} ${localAddress}:${localPort}`),
  }
  const app = keep(await rawUpstream((socket) => void socket.once('data', (data) => socket.end(`got ${data.toString()}`))))
  const proxy = await front(tcpListener({}, behindBalancer()), [staticCluster('app', [app.port])], { telemetry })
  const whole = dial(proxy.port)
  whole.write(Buffer.concat([header, Buffer.from('hello')]))
  expect(await collect(whole)).toBe('got hello')
  const slow = dial(proxy.port).setNoDelay(true)
  const answer = collect(slow)
  for (const byte of header) {
    slow.write(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  slow.write('bytes')
  expect(await answer).toBe('got bytes')
  await vi.waitUntil(() => seen.length === 2)
  expect(seen).toEqual([expected, expected])
})

test('T73: health checks of the balancer keep the addresses of the socket', async () => {
  const app = keep(await rawUpstream((socket) => socket.end('ok')))
  const proxy = await front(tcpListener({}, behindBalancer()), [staticCluster('app', [app.port])])
  for (const header of ['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n', v2([0x20, 0, 0, 0])]) {
    const socket = dial(proxy.port)
    socket.write(header)
    expect(await collect(socket)).toBe('ok')
  }
})

test.each([
  ['no header', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['an address that is none', Buffer.from('PROXY TCP4 10.1.2.300 10.9.9.9 12345 80\r\n')],
  ['an address of the other family', Buffer.from('PROXY TCP4 2001:db8::1 2001:db8::2 12345 80\r\n')],
  ['a port that is none', Buffer.from('PROXY TCP4 10.1.2.3 10.9.9.9 99999 80\r\n')],
  ['a port with a sign', Buffer.from('PROXY TCP4 10.1.2.3 10.9.9.9 +1 80\r\n')],
  ['two blanks', Buffer.from('PROXY  TCP4 10.1.2.3 10.9.9.9 1 80\r\n')],
  ['a word too many', Buffer.from('PROXY TCP4 10.1.2.3 10.9.9.9 1 80 x\r\n')],
  ['a line without an end', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
  ['a version that is not there', v2([0x31, 0x11, 0, 12, ...Array<number>(12).fill(0)])],
  ['a command that is not there', v2([0x2f, 0x11, 0, 12, ...Array<number>(12).fill(0)])],
  ['UDP', v2([0x21, 0x12, 0, 12, ...Array<number>(12).fill(0)])],
  ['addresses cut short', v2([0x21, 0x11, 0, 4, 1, 2, 3, 4])],
  ['a TLV cut short', v2([0x21, 0x11, 0, 16, ...Array<number>(12).fill(0), 4, 0, 9, 1])],
  ['the greatest length', v2([0x21, 0x11, 0xff, 0xff])],
])('T73: a connection with %s is closed', async (_, bytes) => {
  let reached = 0
  const app = keep(await rawUpstream(() => reached++))
  const proxy = await front(tcpListener({}, behindBalancer()), [staticCluster('app', [app.port])])
  const socket = dial(proxy.port)
  socket.write(bytes)
  expect(await collect(socket)).toBe('')
  expect(reached).toBe(0)
  expect(proxy.connections[0]).toMatchObject({ flags: flag.DPE, details: 'proxy_protocol_refused' })
})

test('T72: a header is only believed from those who may send one', async () => {
  const app = keep(await rawUpstream((socket) => void socket.once('data', (data) => socket.end(data))))
  const elsewhere = [{ addressPrefix: '10.0.0.0', prefixLength: 8 }]
  const stranger = await front(tcpListener({}, behindBalancer({ trustedSources: elsewhere })), [staticCluster('app', [app.port])])
  const socket = dial(stranger.port)
  socket.write('PROXY TCP4 10.1.2.3 10.9.9.9 12345 80\r\n')
  expect(await collect(socket)).toBe('PROXY TCP4 10.1.2.3 10.9.9.9 12345 80\r\n')
  const plain = await front(tcpListener({}, behindBalancer({ allowsPlain: true })), [staticCluster('app', [app.port])])
  const second = dial(plain.port)
  second.write('no header at all')
  expect(await collect(second)).toBe('no header at all')
})

test('the client of a PROXY header is the client of HTTP behind it, TLS included', async () => {
  const ca = createTestCa()
  const identity = ca.issue('spiffe://cluster.local/ns/a/sa/b')
  const app = keep(await httpUpstream((incoming, outgoing) => outgoing.end(String(incoming.headers['x-forwarded-for']))))
  const http = httpListener([anyRoute(action('app'))], { useRemoteAddress: true })
  const tls = { common: { certificates: [{ name: 'default', source: 'agent' }] }, requireClientCertificate: false } as const
  const chains = http.filterChains.map((chain) => ({ ...chain, tls, match: { transportProtocol: 'tls' } as const }))
  const listener: Listener = {
    ...http,
    listenerFilters: [{ kind: 'proxy-protocol' }, { kind: 'tls-inspector' }],
    filterChains: [...http.filterChains.map((chain) => ({ ...chain, match: { transportProtocol: 'raw_buffer' } as const })), ...chains],
  }
  const proxy = await front(listener, [staticCluster('app', [app.port])], { secrets: secretsOf(certificate(identity), roots(ca.rootPem)) })
  const line = 'PROXY TCP4 10.1.2.3 10.9.9.9 12345 80\r\n'
  expect(await exchange(proxy.port, `${line}GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(/10\.1\.2\.3$/)
  const raw = dial(proxy.port)
  raw.write(line)
  const secure = connectTls({ socket: raw, rejectUnauthorized: false }).on('error', () => {})
  secure.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect(await collect(secure)).toMatch(/10\.1\.2\.3$/)
})

test.each(['V1', 'V2'] as const)('endpoints are told the client in version %s: opaque, HTTP, and before TLS', async (version) => {
  const heads: Buffer[] = []
  const app = keep(
    await rawUpstream((socket) => {
      let bytes = Buffer.alloc(0)
      socket.on('data', (data) => {
        bytes = Buffer.concat([bytes, data])
        if (!bytes.includes('END')) return
        heads.push(bytes)
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      })
    }),
  )
  const clusters = [staticCluster('app', [app.port], { transportSocket: { kind: 'raw-buffer', proxyProtocol: version } })]
  const tcp = await front(tcpListener(), clusters)
  const socket = dial(tcp.port)
  const closed = collect(socket)
  await once(socket, 'connect')
  const local = socket.localPort as number
  socket.write('END')
  await closed
  const expected =
    version === 'V1'
      ? Buffer.from(`PROXY TCP4 127.0.0.1 127.0.0.1 ${local} ${tcp.port}\r\nEND`)
      : Buffer.concat([
          v2([0x21, 0x11, 0, 12, 127, 0, 0, 1, 127, 0, 0, 1, local >> 8, local & 255, tcp.port >> 8, tcp.port & 255]),
          Buffer.from('END'),
        ])
  expect(heads[0]?.equals(expected)).toBe(true)
  const http = await front(httpListener([anyRoute(action('app'))]), clusters)
  await exchange(http.port, 'GET /END HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const start = version === 'V1' ? 'PROXY TCP4 127.0.0.1 127.0.0.1 ' : '\r\n\r\n\0\r\nQUIT\n'
  expect(heads[1]?.toString('latin1').startsWith(start)).toBe(true)
  expect(heads[1]?.toString('latin1')).toContain('GET /END HTTP/1.1\r\n')
})

test('a header comes before the handshake with an endpoint that speaks TLS', async () => {
  const ca = createTestCa()
  const identity = ca.issue('spiffe://cluster.local/ns/a/sa/b')
  const lines: string[] = []
  const inner = createTlsServer(
    { cert: identity.chainPem, key: identity.keyPem },
    (socket) => void socket.on('error', () => {}).end('secret'),
  )
  const outer = keep(
    await rawUpstream((socket) => {
      socket.once('readable', () => {
        const bytes = socket.read() as Buffer
        const end = bytes.indexOf('\r\n') + 2
        lines.push(bytes.toString('latin1', 0, end))
        if (bytes.length > end) socket.unshift(bytes.subarray(end))
        inner.emit('connection', socket)
      })
    }),
  )
  const tls = { common: { validation: { roots: { name: 'ROOTCA', source: 'agent' } } } } as const
  const cluster = staticCluster('app', [outer.port], { transportSocket: { kind: 'tls', tls, proxyProtocol: 'V1' } })
  const proxy = await front(tcpListener(), [cluster], { secrets: secretsOf(roots(ca.rootPem)) })
  expect(await collect(dial(proxy.port))).toBe('secret')
  expect(lines[0]).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n$/)
})
