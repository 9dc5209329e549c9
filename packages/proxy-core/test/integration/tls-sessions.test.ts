/** Sessions and tickets: none of them opens what a whole handshake would not, whatever changed meanwhile. */
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { createTestCa, type TestIdentity } from '@heddle/ca/testing'
import type { ProxyDeps } from '@heddle/proxy-core'
import { describe, expect, test } from 'vitest'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, listen, startProxy, staticCluster } from './harness.js'
import { certificate, roots, secretsOf } from './secrets.js'
import { ask, common, get, id, listed, named, runTls, td1, withTls } from './tls-stage.js'

const keep = keepOpen()

const run = (shape: Parameters<typeof runTls>[1], deps?: ProxyDeps): ReturnType<typeof runTls> => runTls(keep, shape, deps)

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
