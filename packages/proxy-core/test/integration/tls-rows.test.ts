/** Who is the peer: certificates of every wrong shape against a strict listener and as upstreams, in both versions of TLS. */
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { connect as connectTls, createServer as createTlsServer, type ConnectionOptions } from 'node:tls'
import { createFakeClock } from '@heddle/base/testing'
import { createTestCa, type TestIdentity } from '@heddle/ca/testing'
import { describe, expect, test, vi } from 'vitest'
import type { CommonTlsContext, FilterChain, Listener } from '@heddle/routing'
import type { ConnectionRecord, ProxyDeps, RequestRecord } from '@heddle/proxy-core'
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
const td2 = createTestCa({ trustDomain: 'td2' })
const id = 'spiffe://td1/ns/a/sa/c'
const trusted: CommonTlsContext = {
  certificates: [{ name: 'default', source: 'agent' }],
  // As istiod has it: names of SPIFFE, of any trust domain whose roots are known.
  validation: { roots: { name: 'ROOTCA', source: 'agent' }, matchSubjectAltNames: [{ kind: 'prefix', value: 'spiffe://' }] },
}

async function strict(
  more: Partial<FilterChain['tls']> = {},
  deps: ProxyDeps = {},
): Promise<TestProxy & { readonly peers: unknown[]; readonly reached: () => number }> {
  let reached = 0
  const peers: unknown[] = []
  const app = keep(await httpUpstream((_, outgoing) => void (reached++, outgoing.end('hello'))))
  const http = httpListener([anyRoute(action('app'))])
  const tls = { common: trusted, requireClientCertificate: true, ...more }
  const listener: Listener = { ...http, filterChains: http.filterChains.map((chain) => ({ ...chain, tls })) }
  const proxy = keep(
    await startProxy(config(listener, [staticCluster('app', [app.port])]), {
      secrets: secretsOf(certificate(td1.issue('spiffe://td1/ns/a/sa/server')), roots(td1.rootPem, 'td1')),
      telemetry: {
        onRequestComplete: ({ connection }: RequestRecord) => void peers.push(connection.tls?.peer?.spiffeId),
        onConnectionComplete: () => {},
      },
      ...deps,
    }),
  )
  return { ...proxy, peers, reached: () => reached }
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

function ask(port: number, identity: TestIdentity | undefined, more: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const shown = identity === undefined ? {} : { cert: identity.chainPem, key: identity.keyPem }
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...shown, ...more }, () => socket.write(get))
    socket.on('data', (data) => (text += data.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

const shape = (fields: Parameters<typeof td1.issue>[1] & object, uri = id): TestIdentity => td1.issue(uri, fields)
const uris = (...all: string[]): TestIdentity => shape({ fields: { altNames: { uris: all } } })
const soon = Date.now() + 3_600_000

const refused: readonly (readonly [string, () => TestIdentity | undefined])[] = [
  ['T2 no certificate', () => undefined],
  ['T7 an expired leaf', () => shape({ ttlSeconds: -60 })],
  ['T7 a leaf of tomorrow', () => shape({ fields: { notBeforeMs: soon, notAfterMs: soon + 1000 } })],
  ['T10 a leaf of a stranger', () => createTestCa({ trustDomain: 'td1' }).issue(id)],
  ['T11 a leaf that is an authority', () => shape({ fields: { basicConstraints: { isCa: true } } })],
  ['T11 a leaf that may sign certificates', () => shape({ fields: { keyUsages: ['digitalSignature', 'keyCertSign'] } })],
  ['T11 a leaf that may sign lists', () => shape({ fields: { keyUsages: ['digitalSignature', 'cRLSign'] } })],
  ['T13 a name of td2 from the root of td1', () => shape({}, 'spiffe://td2/ns/a/sa/c')],
  ['T14 a name of td1 from the root of td2', () => td2.issue(id)],
  ['T15 a name of td2 that is not federated', () => td2.issue('spiffe://td2/ns/a/sa/c')],
  ['T16 two URI names', () => uris(id, 'spiffe://td1/ns/a/sa/other')],
  ['T19 the scheme http', () => uris('http://td1/ns/a/sa/c')],
  ['T19 the scheme in capitals', () => uris('SPIFFE://td1/ns/a/sa/c')],
  ['T19 a trust domain in capitals', () => uris('spiffe://TD1/ns/a/sa/c')],
  ['T19 no path', () => uris('spiffe://td1')],
  ['T19 a slash at the end', () => uris(`${id}/`)],
  ['T19 two slashes', () => uris('spiffe://td1/ns//sa/c')],
  ['T19 two dots', () => uris('spiffe://td1/ns/../sa/c')],
  ['T19 an escape', () => uris('spiffe://td1/ns/%61/sa/c')],
  ['T19 a query', () => uris(`${id}?q`)],
  ['T19 a fragment', () => uris(`${id}#f`)],
  ['T19 a port', () => uris('spiffe://td1:80/ns/a/sa/c')],
  ['T19 a user', () => uris('spiffe://u@td1/ns/a/sa/c')],
  ['T19 2049 bytes', () => uris(`spiffe://td1/${'a'.repeat(2049 - 13)}`)],
  ['T20 a NUL in the name', () => uris(`${id}\0.evil`)],
  ['T20 a NUL in a DNS name', () => shape({ fields: { altNames: { uris: [id], dnsNames: ['a\0b'] } } })],
  ['T21 a name that reads like two', () => shape({ fields: { altNames: { dnsNames: [`x, URI:${id}`] } } })],
  ['T23 a leaf for servers only', () => shape({ fields: { purposes: ['serverAuth'] } })],
  ['T24 a leaf that may not sign', () => shape({ fields: { keyUsages: ['keyAgreement'] } })],
]

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a strict listener over %s', (version) => {
  test.each(refused)('refuses %s before a byte goes upstream', async (_, make) => {
    let identity: TestIdentity | undefined
    try {
      identity = make()
    } catch {
      // The writer of certificates refuses to write it, so nobody of the mesh gets one.
      return
    }
    const proxy = await strict()
    expect(await ask(proxy.port, identity, { minVersion: version, maxVersion: version })).toBe('')
    expect(proxy.reached()).toBe(0)
    await vi.waitUntil(() => proxy.proxy.listeners()[0]?.connections === 0)
  })

  test('tells a client without a certificate what is missing, at once and before any HTTP (T2)', async () => {
    const requests: RequestRecord[] = []
    const connections: ConnectionRecord[] = []
    const telemetry = {
      onRequestComplete: (record: RequestRecord) => void requests.push(record),
      onConnectionComplete: (record: ConnectionRecord) => void connections.push(record),
    }
    // A clock that stands still: nothing waits for a deadline.
    const proxy = await strict({}, { clock: createFakeClock(), telemetry })
    const code = await new Promise<string>((resolve) => {
      const options = { port: proxy.port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: version, maxVersion: version }
      const socket = connectTls(options, () => socket.write(get))
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      socket.on('close', () => resolve('closed without a word'))
    })
    const alerts = { 'TLSv1.2': 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'TLSv1.3': 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }
    expect(code).toBe(alerts[version])
    await vi.waitUntil(() => connections.length === 1 && proxy.proxy.listeners()[0]?.connections === 0)
    expect(connections[0]).toMatchObject({ responseCodeDetails: 'tls_handshake_failed' })
    expect(connections[0]?.connectionTerminationDetails).toContain('peer did not return a certificate')
    expect([requests.length, proxy.reached()]).toEqual([0, 0])
  })

  test('takes the identity from the URI, whatever other names there are (T18), and never resumes (T38)', async () => {
    const proxy = await strict()
    const identity = shape({ fields: { altNames: { uris: [id], dnsNames: ['spiffe.evil', 'URI:spiffe://td1/ns/a/sa/admin'] } } })
    const options = { minVersion: version, maxVersion: version } as const
    expect(await ask(proxy.port, identity, options)).toMatch(/hello$/)
    const sessions: Buffer[] = []
    const reused: boolean[] = []
    for (let round = 0; round < 2; round++) {
      const session = sessions.at(-1)
      await new Promise<void>((resolve) => {
        const shown = { cert: identity.chainPem, key: identity.keyPem }
        const socket = connectTls(
          { port: proxy.port, host: '127.0.0.1', rejectUnauthorized: false, ...shown, ...options, ...(session ? { session } : {}) },
          () => {
            reused.push(socket.isSessionReused())
            const now = socket.getSession()
            if (now !== undefined) sessions.push(now)
            socket.write(get)
          },
        )
        socket.on('session', (fresh) => void sessions.push(fresh))
        socket.on('error', () => {}).on('close', () => resolve())
        socket.resume()
      })
    }
    expect(reused).toEqual([false, false])
    expect(new Set(proxy.peers)).toEqual(new Set([id]))
  })

  test('takes no more than the first of them where certificates are optional (T3, T4)', async () => {
    const proxy = await strict({ requireClientCertificate: false })
    const options = { minVersion: version, maxVersion: version } as const
    expect(await ask(proxy.port, undefined, options)).toMatch(/hello$/)
    expect(await ask(proxy.port, td2.issue(id), options)).toBe('')
    expect(proxy.peers).toEqual([undefined])
  })
})

test('a federated trust domain is known by its own roots (T15)', async () => {
  const both = secretsOf(certificate(td1.issue('spiffe://td1/ns/a/sa/server')), roots(td2.rootPem, 'td2'))
  const proxy = await strict({}, { secrets: both })
  expect(await ask(proxy.port, td2.issue('spiffe://td2/ns/a/sa/c'))).toMatch(/hello$/)
})

test('TLS below 1.2, and suites without forward secrecy, are refused (T49, T50)', async () => {
  const proxy = await strict()
  const identity = td1.issue(id)
  const seclevel = 'DEFAULT@SECLEVEL=0'
  for (const version of ['TLSv1', 'TLSv1.1'] as const)
    expect(await ask(proxy.port, identity, { minVersion: version, maxVersion: version, ciphers: seclevel })).toBe('')
  for (const ciphers of ['AES128-SHA', 'AES256-GCM-SHA384', 'ECDHE-ECDSA-AES128-SHA', 'aNULL@SECLEVEL=0', 'NULL@SECLEVEL=0']) {
    let answer = ''
    try {
      answer = await ask(proxy.port, identity, { maxVersion: 'TLSv1.2', ciphers })
    } catch {
      // This OpenSSL cannot even offer it.
    }
    expect(answer).toBe('')
  }
})

test('the versions of a listener are the configured ones', async () => {
  const only13 = await strict({ common: { ...trusted, minVersion: 'TLSv1_3' } })
  expect(await ask(only13.port, td1.issue(id), { maxVersion: 'TLSv1.2' })).toBe('')
  expect(await ask(only13.port, td1.issue(id))).toMatch(/hello$/)
  const only12 = await strict({ common: { ...trusted, maxVersion: 'TLSv1_2' } })
  expect(await ask(only12.port, td1.issue(id), { minVersion: 'TLSv1.3' })).toBe('')
  expect(await ask(only12.port, td1.issue(id))).toMatch(/hello$/)
})

test('a client cannot renegotiate (T55)', async () => {
  const proxy = await strict()
  const identity = td1.issue(id)
  const shown = { cert: identity.chainPem, key: identity.keyPem }
  const outcome = await new Promise<string>((resolve) => {
    const socket = connectTls({ port: proxy.port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2', ...shown }, () => {
      socket.renegotiate({}, (error) => resolve(error === null ? 'renegotiated' : 'refused'))
    })
    socket.on('error', () => resolve('refused')).on('close', () => resolve('closed'))
  })
  expect(outcome).not.toBe('renegotiated')
})

test.each([
  ['plaintext on the TLS port', get],
  ['a hello that is none', '\x16\x03\x01\x00\x05hello'],
])('%s is closed at once (T59)', async (_, bytes) => {
  const proxy = await strict()
  expect(await exchange(proxy.port, bytes)).not.toContain('HTTP/1.1 200')
  expect(proxy.reached()).toBe(0)
})

test('a hello that comes byte by byte ends at the deadline in total (T51), a hello in silence too (T53)', async () => {
  const clock = createFakeClock()
  const proxy = await strict({}, { clock, handshakeDeadlineMs: 10_000 })
  const sockets = [connect(proxy.port, '127.0.0.1'), connect(proxy.port, '127.0.0.1')]
  for (const socket of sockets) keep({ close: () => socket.on('error', () => {}).destroy() })
  await vi.waitUntil(() => proxy.proxy.listeners()[0]?.connections === 2)
  const hello = Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])
  for (const byte of hello.subarray(0, 9)) {
    sockets[0]?.write(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(1000)
  }
  expect(proxy.proxy.listeners()[0]?.connections).toBe(2)
  clock.advance(1500)
  await vi.waitUntil(() => proxy.proxy.listeners()[0]?.connections === 0)
})

describe('several identities on one listener', () => {
  const named = (host: string, secret: string, more: Partial<NonNullable<FilterChain['tls']>> = {}): FilterChain => ({
    name: host,
    match: { serverNames: [host] },
    tls: { common: { certificates: [{ name: secret, source: 'ads' }] }, requireClientCertificate: false, ...more },
    filters: [{ kind: 'http-connection-manager', manager: manager([anyRoute(action('app'))]) }],
  })
  const forHost = (host: string): TestIdentity => td1.issue('spiffe://unused', { fields: { altNames: { dnsNames: [host] } } })
  const fingerprint = (pem: string): string =>
    createHash('sha256')
      .update(Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'))
      .digest('hex')

  async function gateway(): Promise<{ readonly port: number; readonly a: TestIdentity; readonly b: TestIdentity }> {
    const [a, b] = [forHost('a.test'), forHost('b.test')]
    const app = keep(await httpUpstream((_, outgoing) => void outgoing.end('hello')))
    const validation = { roots: { name: 'ROOTCA', source: 'agent' } } as const
    const secured = named('*.secure.test', 'b', {
      requireClientCertificate: true,
      common: { certificates: [{ name: 'b', source: 'ads' }], validation },
    })
    const listener: Listener = {
      name: 'gateway',
      address: { address: '127.0.0.1', port: 0 },
      trafficDirection: 'outbound',
      listenerFilters: [{ kind: 'tls-inspector' }],
      filterChains: [named('a.test', 'a'), named('b.test', 'b'), secured],
    }
    const secrets = secretsOf(certificate(a, 'a'), certificate(b, 'b'), roots(td1.rootPem, 'td1'))
    return { port: keep(await startProxy(config(listener, [staticCluster('app', [app.port])]), { secrets })).port, a, b }
  }

  const shownTo = (port: number, servername: string | undefined): Promise<string> =>
    new Promise((resolve) => {
      const socket = connectTls(
        { port, host: '127.0.0.1', rejectUnauthorized: false, ...(servername === undefined ? {} : { servername }) },
        () => {
          resolve(createHash('sha256').update(socket.getPeerCertificate().raw).digest('hex'))
          socket.destroy()
        },
      )
      socket.on('error', () => resolve('refused')).on('close', () => resolve('refused'))
    })

  test('each client sees the one of the name it asks for, in any case (T63), and others are refused (T66)', async () => {
    const { port, a, b } = await gateway()
    expect(await shownTo(port, 'a.test')).toBe(fingerprint(a.certPem))
    expect(await shownTo(port, 'B.Test')).toBe(fingerprint(b.certPem))
    for (const name of [undefined, 'c.test', `${'a'.repeat(60)}.${'b'.repeat(60)}.test`]) expect(await shownTo(port, name)).toBe('refused')
  })

  test('a request for a host with other rules than those of its connection is misdirected (T64)', async () => {
    const { port } = await gateway()
    const askFor = (servername: string, host: string): Promise<string> =>
      new Promise((resolve) => {
        let text = ''
        const socket = connectTls({ port, host: '127.0.0.1', servername, rejectUnauthorized: false }, () =>
          socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
        )
        socket.on('data', (data) => (text += data.toString('latin1')))
        socket.on('error', () => {}).on('close', () => resolve(text))
      })
    expect(await askFor('a.test', 'a.test')).toMatch(/^HTTP\/1\.1 200 /)
    expect(await askFor('a.test', 'A.TEST:443')).toMatch(/^HTTP\/1\.1 200 /)
    expect(await askFor('a.test', 'b.test')).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\n/)
    expect(await askFor('a.test', 'x.secure.test')).toMatch(/^HTTP\/1\.1 421 /)
    expect(await askFor('a.test', 'elsewhere.test')).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('an upstream', () => {
  const wanted = 'spiffe://td1/ns/a/sa/web'
  const callTo = async (identity: TestIdentity, sans: readonly string[] = [wanted]): Promise<string> => {
    const server = createTlsServer({ cert: identity.chainPem, key: identity.keyPem }, (socket) => {
      socket.on('error', () => {})
      socket.on('data', () => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'))
    })
    const app = keep(await listen(server))
    const validation = {
      roots: { name: 'ROOTCA', source: 'agent' },
      matchSubjectAltNames: sans.map((value) => ({ kind: 'exact', value }) as const),
    } as const
    const cluster = staticCluster('app', [app.port], { transportSocket: { kind: 'tls', tls: { common: { validation } } } })
    const proxy = keep(
      await startProxy(config(httpListener([anyRoute(action('app'))]), [cluster]), { secrets: secretsOf(roots(td1.rootPem, 'td1')) }),
    )
    return exchange(proxy.port, get)
  }

  test.each([
    ['another workload (T26)', () => td1.issue('spiffe://td1/ns/a/sa/other')],
    ['a leaf for clients only (T23)', () => shape({ fields: { purposes: ['clientAuth'] } }, wanted)],
    ['an expired leaf (T7)', () => shape({ ttlSeconds: -60 }, wanted)],
    ['a leaf of a stranger (T10)', () => createTestCa({ trustDomain: 'td1' }).issue(wanted)],
    ['a name of td1 from the root of td2 (T14)', () => td2.issue(wanted)],
    ['two URI names (T16)', () => uris(wanted, 'spiffe://td1/ns/a/sa/other')],
    ['a leaf that may not sign (T24)', () => shape({ fields: { keyUsages: ['keyAgreement'] } }, wanted)],
  ])('that shows %s gets no byte of the request', async (_, make) => {
    expect(await callTo(make())).toMatch(/^HTTP\/1\.1 503 .*TLS error/s)
  })

  test('with the right identity is served, and one with a certificate of the web is checked by its names', async () => {
    expect(await callTo(td1.issue(wanted))).toMatch(/hello$/)
    const web = shape({ fields: { altNames: { dnsNames: ['api.test'] } } })
    expect(await callTo(web, ['api.test'])).toMatch(/hello$/)
    expect(await callTo(web, ['other.test'])).toMatch(/^HTTP\/1\.1 503 /)
    // A peer without a SPIFFE id never passes where one is expected.
    expect(await callTo(web)).toMatch(/^HTTP\/1\.1 503 /)
  })
})
