/** Rows of TLS that are about bytes, names, keys and time rather than about who the peer is; on real sockets. */
import { once } from 'node:events'
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { createFakeClock } from '@heddle/base/testing'
import { createTestCa } from '@heddle/ca/testing'
import type { Listener } from '@heddle/routing'
import type { ProxyDeps } from '@heddle/proxy-core'
import { describe, expect, test, vi } from 'vitest'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, manager, startProxy, staticCluster } from './harness.js'
import { certificate, roots, secretsOf } from './secrets.js'
import { ask, common, get, id, named, type Running, runTls, strictTls, td1, withTls } from './tls-stage.js'

const keep = keepOpen()

const run = (shape: Parameters<typeof runTls>[1], deps?: ProxyDeps): ReturnType<typeof runTls> => runTls(keep, shape, deps)

/** Stands between client and proxy and cuts the client's first record into many. */
async function cutting(port: number, pieces: number): Promise<number> {
  const recut = (record: Buffer): Buffer => {
    const body = record.subarray(5, 5 + record.readUInt16BE(3))
    const size = Math.ceil(body.length / pieces)
    const records: Buffer[] = []
    for (let at = 0; at < body.length; at += size) {
      const piece = body.subarray(at, at + size)
      records.push(Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 255]), piece)
    }
    return Buffer.concat([...records, record.subarray(5 + body.length)])
  }
  const sockets: Socket[] = []
  const server = createTcpServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    sockets.push(client, upstream)
    client.once('data', (first) => {
      upstream.write(recut(first))
      client.pipe(upstream)
    })
    upstream.pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  keep({ close: () => (server.close(), sockets.forEach((socket) => socket.destroy())) })
  return (server.address() as AddressInfo).port
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a hello of %s', (version) => {
  const options = { minVersion: version, maxVersion: version } as const

  test.each([2, 20])('T52: in %i records is read as one', async (pieces) => {
    for (const inspects of [false, true]) {
      const filters = inspects ? { listenerFilters: [{ kind: 'tls-inspector' } as const] } : {}
      const proxy = await run((http) => ({ ...withTls(http), ...filters }))
      expect(await ask(await cutting(proxy.port, pieces), td1.issue(id), options)).toMatch(/hello$/)
    }
  })

  test('T52: of nearly 16 KiB is read', async () => {
    const proxy = await run(withTls)
    const protocols = ['http/1.1', ...Array.from({ length: 62 }, (_, index) => `${index}`.padStart(250, 'x'))]
    expect(await ask(proxy.port, td1.issue(id), { ...options, ALPNProtocols: protocols })).toMatch(/hello$/)
  })
})

test('T52: a hello of more than 64 KiB is refused while it comes', async () => {
  const proxy = await run(withTls)
  const record = Buffer.concat([Buffer.from([22, 3, 1, 0x40, 0]), Buffer.alloc(16_384, 1)])
  record.set([1, 0x01, 0x80, 0], 5)
  expect(await exchange(proxy.port, Buffer.concat([record, record, record, record, record]).toString('latin1'))).not.toContain('200')
  await vi.waitUntil(() => proxy.proxy.listeners()[0]?.connections === 0)
  expect(proxy.reached()).toBe(0)
})

test('T54: a hundred and fifty handshakes at once leave none behind, and another port answers meanwhile', { timeout: 60_000 }, async () => {
  const proxy = await run(withTls)
  const health = await run((http) => http)
  const identity = td1.issue(id)
  const all = Promise.all(Array.from({ length: 150 }, () => ask(proxy.port, identity)))
  const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(health.port, get)))
  for (const answer of answers) expect(answer).toMatch(/hello$/)
  for (const answer of await all) expect(answer).toMatch(/hello$/)
  await vi.waitUntil(() => proxy.proxy.listeners()[0]?.connections === 0)
})

describe('T61: one byte and then silence', () => {
  const silent = async (shape: (http: Listener) => Listener): Promise<Running> => {
    const clock = createFakeClock(Date.now())
    const proxy = await run((http) => ({ ...shape(http), listenerFilters: [{ kind: 'tls-inspector' }] }), {
      clock,
      detectionDeadlineMs: 10_000,
    })
    const socket = connect(proxy.port, '127.0.0.1', () => socket.write(Buffer.of(22)))
    keep({ close: () => socket.destroy() })
    socket.on('error', () => {})
    // `once` of node:events would take a reset for a failure.
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await vi.waitUntil(() => proxy.proxy.listeners()[0]?.connections === 1)
    await vi.waitUntil(() => {
      clock.advance(10_001)
      return proxy.proxy.listeners()[0]?.connections === 0
    })
    await closed
    return proxy
  }
  const match = { transportProtocol: 'tls' } as const

  test('is refused where there is no chain for plaintext', async () => {
    const proxy = await silent((http) => ({ ...http, filterChains: withTls(http).filterChains.map((chain) => ({ ...chain, match })) }))
    expect(proxy.connections[0]).toMatchObject({ details: 'filter_chain_not_found' })
    expect(proxy.reached()).toBe(0)
  })

  test('is refused where there is one, unless the listener says to go on', async () => {
    const proxy = await silent((http) => ({
      ...http,
      continueOnListenerFiltersTimeout: false,
      filterChains: [...http.filterChains, ...withTls(http).filterChains.map((chain) => ({ ...chain, match }))],
    }))
    expect(proxy.reached()).toBe(0)
  })
})

describe('T69: a client that agrees on one protocol and speaks the other', () => {
  const offering = (http: Listener): Listener => withTls(http, { ...strictTls, common: { ...common, alpnProtocols: ['h2', 'http/1.1'] } })

  test.each([
    ['HTTP/1.1 after h2', 'h2', get],
    ['the preface of HTTP/2 after http/1.1', 'http/1.1', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%s is closed or answered with 400', async (_, protocol, bytes) => {
    const proxy = await run((http) => {
      const listener = offering(http)
      const fixed = protocol === 'h2' ? 'AUTO' : 'HTTP1'
      const filters = [{ kind: 'http-connection-manager', manager: manager([anyRoute(action('app'))], { codecType: fixed }) } as const]
      return { ...listener, filterChains: listener.filterChains.map((chain) => ({ ...chain, filters })) }
    })
    const answer = await ask(proxy.port, td1.issue(id), { ALPNProtocols: [protocol] }, bytes)
    expect(answer === '' || !answer.startsWith('HTTP/1.1') || answer.startsWith('HTTP/1.1 400 ')).toBe(true)
    expect(answer).not.toContain('200 OK')
    expect(proxy.reached()).toBe(0)
  })
})

test('ca T23: a server name in capitals finds the context of that name, with what it asks of clients', async () => {
  const proxy = await run((http) => ({
    ...http,
    listenerFilters: [{ kind: 'tls-inspector' }],
    filterChains: [named('open.test', false), named('closed.test', true), named('*.test', false)],
  }))
  for (const servername of ['closed.test', 'CLOSED.TEST', 'cLoSeD.tEsT', 'CLOSED.TEST.']) {
    expect([servername, await ask(proxy.port, undefined, { servername })]).toEqual([servername, ''])
    expect(await ask(proxy.port, td1.issue(id), { servername })).toMatch(/hello$/)
  }
  expect(await ask(proxy.port, undefined, { servername: 'OPEN.test' })).toMatch(/hello$/)
  expect(proxy.reached()).toBe(5)
})

test('T44: roots that come again unchanged serve a listener that came meanwhile', async () => {
  const secrets = secretsOf(certificate(td1.issue('spiffe://td1/ns/a/sa/server')), roots(td1.rootPem, 'td1'))
  const app = keep(await httpUpstream((_, outgoing) => outgoing.end('hello')))
  const first = withTls(httpListener([anyRoute(action('app'))]))
  const second = { ...first, name: 'second', address: { address: '127.0.0.2', port: 0 } }
  const clusters = [staticCluster('app', [app.port])]
  const { proxy, port } = keep(await startProxy(config(first, clusters), { secrets }))
  expect(await ask(port, td1.issue(id))).toMatch(/hello$/)
  await proxy.apply({ ...config(first, clusters), listeners: [first, second] })
  secrets.put(roots(td1.rootPem, 'td1'))
  const later = proxy.listeners().find(({ name }) => name === 'second')?.port ?? 0
  expect(await ask(port, td1.issue(id))).toMatch(/hello$/)
  expect(await ask(later, td1.issue(id), { host: '127.0.0.2' })).toMatch(/hello$/)
  expect(await ask(later, createTestCa({ trustDomain: 'td1' }).issue(id), { host: '127.0.0.2' })).toBe('')
})

test.each([
  ['two hours on', 2, ''],
  ['two hours back', -2, ''],
  ['four hundred days on', 400 * 24, ''],
  ['a minute on', 1 / 60, 'hello'],
])('T48: a clock that jumps %s takes nobody whose certificate is not of that time', async (_, hours, end) => {
  let jumpMs = 0
  const steady = createFakeClock(Date.now())
  const proxy = await run(withTls, { clock: { ...steady, now: () => steady.now() + jumpMs } })
  const identity = td1.issue(id)
  expect(await ask(proxy.port, identity)).toMatch(/hello$/)
  jumpMs = hours * 3_600_000
  expect((await ask(proxy.port, identity)).slice(-5)).toBe(end)
})

test('T6: plaintext to a permissive port has no identity', async () => {
  const peers: unknown[] = []
  const match = { transportProtocol: 'tls' } as const
  const proxy = await run(
    (http) => ({
      ...http,
      listenerFilters: [{ kind: 'tls-inspector' }],
      filterChains: [
        ...http.filterChains.map((chain) => ({ ...chain, match: { transportProtocol: 'raw_buffer' } as const })),
        ...withTls(http).filterChains.map((chain) => ({ ...chain, match })),
      ],
    }),
    {
      telemetry: { onRequestComplete: ({ connection }) => void peers.push(connection.tls?.peer?.spiffeId), onConnectionComplete: () => {} },
    },
  )
  expect(await exchange(proxy.port, get)).toMatch(/hello$/)
  expect(await ask(proxy.port, td1.issue(id))).toMatch(/hello$/)
  expect(peers).toEqual([undefined, id])
})
