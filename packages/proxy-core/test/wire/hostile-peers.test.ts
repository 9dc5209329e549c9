/**
 * Peers that reset the connection at every state there is, on either side. An error that nobody listens for would end the
 * process, and vitest fails on it; here the proxy also has to serve afterwards and to hold nothing.
 */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { createTestCa } from '@heddle/ca/testing'
import type { Listener } from '@heddle/routing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  action,
  anyRoute,
  config,
  exchange,
  httpListener,
  manager,
  rawUpstream,
  startProxy,
  staticCluster,
  type TestProxy,
} from '../integration/harness.js'
import { certificate, roots, secretsOf } from '../integration/secrets.js'

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
const big = `HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n${'x'.repeat(2_000_000)}`

let onUpstream: (socket: Socket) => void = () => {}
let upstream: Awaited<ReturnType<typeof rawUpstream>>
let plain: TestProxy
let secure: TestProxy
let opaque: TestProxy
const ca = createTestCa()
const identity = ca.issue('spiffe://cluster.local/ns/default/sa/server', { dnsNames: ['a'] })

beforeAll(async () => {
  upstream = await rawUpstream((socket) => onUpstream(socket))
  const route = anyRoute(action('u'))
  const more = { upgradeTypes: ['websocket'] }
  const clusters = [staticCluster('u', [upstream.port])]
  const tls = { common: { certificates: [{ name: 'default', source: 'agent' as const }] }, requireClientCertificate: false }
  const http = { kind: 'http-connection-manager' as const, manager: manager([route], more) }
  const inspected: Listener = {
    ...httpListener([route]),
    listenerFilters: [{ kind: 'tls-inspector' }, { kind: 'http-inspector' }],
    filterChains: [
      { match: { transportProtocol: 'tls' }, tls, filters: [http] },
      { match: { transportProtocol: 'raw_buffer' }, filters: [http] },
    ],
  }
  const tcp = { kind: 'tcp-proxy' as const, proxy: { statPrefix: 'tcp', target: { kind: 'cluster' as const, cluster: 'u' } } }
  const secrets = secretsOf(certificate(identity), roots(ca.rootPem))
  plain = await startProxy(config(httpListener([route], more), clusters))
  secure = await startProxy(config(inspected, clusters), { secrets })
  opaque = await startProxy(config({ ...httpListener([]), filterChains: [{ filters: [tcp] }] }, clusters))
})
afterAll(async () => {
  for (const front of [plain, secure, opaque]) await front.close()
  upstream.close()
})
afterEach(async () => {
  onUpstream = (socket) => void socket.on('data', () => socket.write(answer)).on('end', () => socket.end())
  const held = (): unknown =>
    [plain, secure, opaque].map((front) => [front.proxy.stats().downstreamConnections, front.proxy.stats().clusters[0]?.activeRequests])
  const nothing = [
    [0, 0],
    [0, 0],
    [0, 0],
  ]
  await expect.poll(held, { timeout: 5000 }).toEqual(nothing)
  expect(await exchange(plain.port, get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))).toMatch(/ok$/)
})

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => void setImmediate(resolve))
}
const dial = (port: number): Socket => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  return socket
}

/** What the client has said when it leaves. */
const clientStates: readonly (readonly [state: string, bytes: string])[] = [
  ['nothing', ''],
  ['half a request line', 'GET / HT'],
  ['half a head', 'GET / HTTP/1.1\r\nHost: a\r\n'],
  ['a request', get],
  ['two requests', get + get],
  ['half a body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf'],
  ['half a chunk', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe'],
  ['a bad request', 'BAD\r\n\r\n'],
  ['an upgrade', upgrade],
  ['an upgrade and bytes behind it', `${upgrade}frames`],
  ['half a ClientHello', '\x16\x03\x01\x02\x00\x01\x00'],
  ['half a preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nS'],
  ['a preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
]
const ways: readonly (readonly [way: string, leave: (socket: Socket) => void])[] = [
  ['a reset', (socket) => void socket.resetAndDestroy()],
  ['a FIN', (socket) => void socket.destroy()],
]

for (const [way, leave] of ways) {
  test.each(clientStates)(
    `a client leaves by ${way} after %s`,
    async (_, bytes) => {
      const behaviours: readonly ((socket: Socket) => void)[] = [
        () => {},
        (socket) => void socket.on('data', () => socket.write(answer)),
        (socket) => void socket.on('data', (data) => socket.write(data.includes('websocket') ? switched : big)),
      ]
      for (const behaviour of behaviours) {
        for (const front of [plain, secure, opaque]) {
          for (const wait of [0, 1, 5, 30]) {
            onUpstream = (socket) => {
              // Whoever never reads would never hear of the end.
              socket.resume()
              socket.on('end', () => socket.end())
              behaviour(socket)
            }
            const socket = dial(front.port)
            await new Promise((resolve) => void socket.once('connect', resolve))
            if (bytes !== '') socket.write(bytes, 'latin1')
            await turns(wait)
            leave(socket)
          }
        }
      }
    },
    30_000,
  )
}

/** What the upstream says before it leaves. */
const upstreamStates: readonly (readonly [state: string, bytes: string])[] = [
  ['nothing', ''],
  ['half a status line', 'HTTP/1.1 2'],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-'],
  ['an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ['half a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe'],
  ['a whole answer', answer],
  ['an answer until close', 'HTTP/1.1 200 OK\r\n\r\nbytes'],
  ['an upgrade', switched],
  ['a big answer', big],
  ['no HTTP at all', '\0\x01\x02\x03'],
]
for (const [way, leave] of ways) {
  test.each(upstreamStates)(
    `an upstream leaves by ${way} after %s`,
    async (_, bytes) => {
      for (const when of ['at once', 'with the request'] as const) {
        for (const front of [plain, secure, opaque]) {
          onUpstream = (socket) => {
            socket.resume()
            socket.on('end', () => socket.end())
            const say = (): void => {
              if (bytes === '') return leave(socket)
              socket.write(bytes, 'latin1', () => void turns(3).then(() => leave(socket)))
            }
            if (when === 'at once') say()
            else socket.once('data', say)
          }
          for (const request of [get, upgrade, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf']) {
            const socket = dial(front.port)
            const ended = new Promise((resolve) => void socket.once('close', resolve))
            socket.on('data', () => void turns(10).then(() => socket.destroy()))
            socket.on('end', () => socket.destroy())
            socket.write(request)
            await Promise.race([ended, turns(200)])
            socket.destroy()
          }
        }
      }
    },
    30_000,
  )
}

test('a client leaves at every step of a handshake', async () => {
  for (let wait = 0; wait < 40; wait++) {
    const raw = dial(secure.port)
    const over = connectTls({ socket: raw, rejectUnauthorized: false })
    over.on('error', () => {})
    over.on('secureConnect', () => over.write(get))
    await turns(wait)
    if (wait % 2 === 0) raw.resetAndDestroy()
    else over.destroy()
  }
}, 30_000)

test('an endpoint that nobody can connect to costs its request, and nothing else', async () => {
  const route = anyRoute(action('u'))
  for (const endpoint of [
    { address: '127.0.0.1', port: 70_000 },
    { address: '127.0.0.1', port: 0 },
    { address: '999.1.1.1', port: 80 },
  ]) {
    const cluster = {
      ...staticCluster('u', []),
      loadAssignment: { clusterName: 'u', localities: [{ endpoints: [{ address: endpoint }] }] },
    }
    const front = await startProxy(config(httpListener([route]), [cluster]))
    expect(await exchange(front.port, get, { until: (text) => text.includes('\r\n\r\n') })).toMatch(/^HTTP\/1\.1 503 /)
    expect(front.proxy.stats().clusters[0]).toMatchObject({ activeRequests: 0, activeConnections: 0 })
    await front.close()
  }
})
