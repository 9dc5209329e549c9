/** Rows of TLS that are about bytes, names, keys and time rather than about who the peer is; on real sockets. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, createServer as createTlsServer, type ConnectionOptions } from 'node:tls'
import { createFakeClock } from '@heddle/base/testing'
import { createTestCa, type TestIdentity } from '@heddle/ca/testing'
import type { FilterChain, Listener, Secret } from '@heddle/routing'
import type { ProxyDeps } from '@heddle/proxy-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { keepOpen } from '../keep-open.js'
import {
  action,
  anyRoute,
  config,
  exchange,
  httpListener,
  httpUpstream,
  listen,
  manager,
  startProxy,
  staticCluster,
  type TestProxy,
} from './harness.js'
import { certificate, roots, secretsOf } from './secrets.js'

const keep = keepOpen()

const td1 = createTestCa({ trustDomain: 'td1' })
const id = 'spiffe://td1/ns/a/sa/c'
const common = {
  certificates: [{ name: 'default', source: 'agent' }],
  validation: { roots: { name: 'ROOTCA', source: 'agent' }, matchSubjectAltNames: [{ kind: 'prefix', value: 'spiffe://' }] },
} as const
const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const strictTls = { common, requireClientCertificate: true } as const

interface Running extends TestProxy {
  readonly reached: () => number
}

async function run(shape: (http: Listener) => Listener, deps: ProxyDeps = {}): Promise<Running> {
  let reached = 0
  const app = keep(await httpUpstream((_, outgoing) => void (reached++, outgoing.end('hello'))))
  const proxy = await startProxy(config(shape(httpListener([anyRoute(action('app'))])), [staticCluster('app', [app.port])]), {
    secrets: secretsOf(certificate(td1.issue('spiffe://td1/ns/a/sa/server')), roots(td1.rootPem, 'td1')),
    ...deps,
  })
  return { ...keep(proxy), reached: () => reached }
}

/** The usual roots, with revocation lists. */
const listed = (crlPem: string) => ({ ...(roots(td1.rootPem, 'td1') as Extract<Secret, { kind: 'validation' }>), crlPem })

const withTls = (http: Listener, tls: NonNullable<FilterChain['tls']> = strictTls): Listener => ({
  ...http,
  filterChains: http.filterChains.map((chain) => ({ ...chain, tls })),
})

const named = (host: string, requireClientCertificate: boolean): FilterChain => ({
  name: host,
  match: { serverNames: [host] },
  tls: { common, requireClientCertificate },
  filters: [{ kind: 'http-connection-manager', manager: manager([anyRoute(action('app'))]) }],
})

function ask(
  port: number,
  identity: TestIdentity | undefined,
  more: ConnectionOptions = {},
  bytes: string | Buffer = get,
): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const shown = identity === undefined ? {} : { cert: identity.chainPem, key: identity.keyPem }
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...shown, ...more }, () => socket.write(bytes))
    socket.on('data', (data) => (text += data.toString('latin1')))
    socket.on('error', () => {}).on('close', () => resolve(text))
  })
}

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

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s that one listener gave', (version) => {
  const options = { minVersion: version, maxVersion: version } as const

  /** What the server leaves a client with, tickets included. */
  const sessionOf = (port: number, identity: TestIdentity | undefined): Promise<Buffer | undefined> =>
    new Promise((resolve) => {
      const shown = identity === undefined ? {} : { cert: identity.chainPem, key: identity.keyPem }
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...shown, ...options }, () => socket.write(get))
      let session: Buffer | undefined
      socket.on('session', (fresh: Buffer) => (session = fresh))
      socket.on('data', () => (session ??= socket.getSession()))
      socket.on('error', () => {}).on('close', () => resolve(session))
    })

  test('T32, T34: without a certificate opens no strict one, nor does one of a root that is gone', async () => {
    const permissive = await run((http) => withTls(http, { common, requireClientCertificate: false }))
    const secrets = secretsOf(certificate(td1.issue('spiffe://td1/ns/a/sa/server')), roots(td1.rootPem, 'td1'))
    const strict = await run(withTls, { secrets })
    const anonymous = await sessionOf(permissive.port, undefined)
    expect(anonymous).toBeDefined()
    expect(await ask(strict.port, undefined, { ...options, session: anonymous })).toBe('')
    const known = await sessionOf(strict.port, td1.issue(id))
    expect(known).toBeDefined()
    const reached = strict.reached()
    secrets.put(roots(createTestCa({ trustDomain: 'td1' }).rootPem, 'td1'))
    for (const identity of [undefined, td1.issue(id)]) expect(await ask(strict.port, identity, { ...options, session: known })).toBe('')
    expect(strict.reached()).toBe(reached)
  })

  test.each([
    ['whose roots are others', () => roots(createTestCa({ trustDomain: 'td1' }).rootPem, 'td1')],
    ['whose trust domain is another', () => roots(td1.rootPem, 'td2')],
    [
      'with a revocation list that names the peer',
      async (chain: TestIdentity['chain']) => listed(await td1.revoke(chain[0] as Uint8Array)),
    ],
    ['with a deny-list that names the peer', () => ({ ...listed(''), denied: { spiffeIds: [id], serials: [] } })],
  ] as const)('T39: opens no listener %s', async (_, other) => {
    const identity = td1.issue(id)
    const own = certificate(td1.issue('spiffe://td1/ns/a/sa/server'))
    const first = await run(withTls, { secrets: secretsOf(own, listed('')) })
    const second = await run(withTls, { secrets: secretsOf(own, await other(identity.chain)) })
    const session = await sessionOf(first.port, identity)
    expect(session).toBeDefined()
    for (const shown of [undefined, identity]) expect(await ask(second.port, shown, { ...options, session })).toBe('')
    expect(second.reached()).toBe(0)
  })

  test('T33: for one name opens no other', async () => {
    const proxy = await run((http) => ({
      ...http,
      listenerFilters: [{ kind: 'tls-inspector' }],
      filterChains: [named('a.test', false), named('b.test', true)],
    }))
    const session = await new Promise<Buffer | undefined>((resolve) => {
      const socket = connectTls(
        { port: proxy.port, host: '127.0.0.1', servername: 'a.test', rejectUnauthorized: false, ...options },
        () => {
          resolve(socket.getSession())
          socket.destroy()
        },
      )
    })
    expect(await ask(proxy.port, undefined, { ...options, servername: 'b.test', session })).toBe('')
    expect(proxy.reached()).toBe(0)
  })
})

test('T36: no session with an upstream outlives the root that vouched for it', async () => {
  const wanted = 'spiffe://td1/ns/a/sa/web'
  const identity = td1.issue(wanted)
  const resumed: boolean[] = []
  const server = createTlsServer({ cert: identity.chainPem, key: identity.keyPem }, (socket) => {
    resumed.push(socket.isSessionReused())
    socket.on('error', () => {}).on('data', () => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello'))
  })
  const app = keep(await listen(server))
  const validation = { roots: { name: 'ROOTCA', source: 'agent' }, matchSubjectAltNames: [{ kind: 'exact', value: wanted }] } as const
  const cluster = staticCluster('app', [app.port], { transportSocket: { kind: 'tls', tls: { common: { validation } } } })
  const secrets = secretsOf(roots(td1.rootPem, 'td1'))
  const { port } = keep(await startProxy(config(httpListener([anyRoute(action('app'))]), [cluster]), { secrets }))
  for (let round = 0; round < 3; round++) expect(await exchange(port, get)).toMatch(/hello$/)
  secrets.put(roots(createTestCa({ trustDomain: 'td1' }).rootPem, 'td1'))
  expect(await exchange(port, get)).toMatch(/^HTTP\/1\.1 503 /)
  expect(resumed).not.toContain(true)
})

const program = 'openssl'
const hasOpenssl = spawnSync(program, ['version']).status === 0

describe.skipIf(!hasOpenssl)('T25: a peer with weak cryptography is refused', () => {
  let folder = ''
  const at = (name: string): string => join(folder, name)
  const openssl = (...args: readonly string[]): string => {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return ''
  }
  /** A leaf that openssl signs, good in all but its key or its hash. */
  const leaf = (name: string, key: readonly string[], hash: string): TestIdentity => {
    openssl('genpkey', ...key, '-out', at(`${name}.key`))
    openssl('req', '-new', '-key', at(`${name}.key`), '-subj', '/', '-out', at(`${name}.csr`))
    writeFileSync(
      at(`${name}.ext`),
      `keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth,serverAuth\nsubjectAltName=critical,URI:${id}\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n`,
    )
    const signing = ['x509', '-req', '-CA', at('root.pem'), '-CAkey', at('root.key'), '-set_serial', '77', '-days', '2']
    openssl(...signing, '-in', at(`${name}.csr`), `-${hash}`, '-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`))
    const certPem = readFileSync(at(`${name}.pem`), 'utf8')
    return { spiffeId: id, certPem, chainPem: certPem, keyPem: readFileSync(at(`${name}.key`), 'utf8'), chain: [] }
  }
  const ec = (curve: string): string[] => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`]
  const rsa = (bits: number): string[] => ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`]

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-weak-'))
    openssl('genpkey', ...rsa(2048), '-out', at('root.key'))
    const root = ['req', '-x509', '-new', '-key', at('root.key'), '-subj', '/O=td1', '-days', '2', '-out', at('root.pem')]
    openssl(...root, '-addext', 'keyUsage=critical,keyCertSign')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each([
    ['a good one, for comparison', () => leaf('good', ec('P-256'), 'sha256'), /hello$/],
    ['a signature over SHA-1', () => leaf('sha1', ec('P-256'), 'sha1'), /^$/],
    ['a signature over MD5', () => leaf('md5', ec('P-256'), 'md5'), /^$/],
    ['RSA of 1024 bits', () => leaf('rsa1024', rsa(1024), 'sha256'), /^$/],
    ['P-192', () => leaf('p192', ec('prime192v1'), 'sha256'), /^$/],
    ['secp256k1', () => leaf('k1', ec('secp256k1'), 'sha256'), /^$/],
  ])('%s', async (_, make, expected) => {
    let identity: TestIdentity
    try {
      identity = make()
    } catch (error) {
      // An OpenSSL that refuses to make it has done the proxy's work.
      expect(expected.source, String(error)).toBe('^$')
      return
    }
    const proxy = await run(withTls, {
      secrets: secretsOf(certificate(td1.issue('spiffe://td1/ns/a/sa/server')), roots(readFileSync(at('root.pem'), 'utf8'), 'td1')),
    })
    const weakest = { ciphers: 'DEFAULT@SECLEVEL=0', sigalgs: 'ECDSA+SHA256:RSA+SHA256:RSA-PSS+SHA256:ECDSA+SHA1:RSA+SHA1' }
    expect(await ask(proxy.port, identity, weakest).catch(() => '')).toMatch(expected)
  })
})
