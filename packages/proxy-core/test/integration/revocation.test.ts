/** Revocation lists (RFC 5280 section 5) in the roots that an agent delivers: at the handshake on both sides, and while connections live. */
import { connect } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { createFakeClock } from '@heddle/base/testing'
import { createTestCa, type TestIdentity } from '@heddle/ca/testing'
import type { Cluster, CommonTlsContext, FilterChain, Listener } from '@heddle/routing'
import { describe, expect, test } from 'vitest'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, listen, startProxy, staticCluster } from './harness.js'
import { certificate, roots, secretsOf } from './secrets.js'

const keep = keepOpen()

const serverId = 'spiffe://td1/ns/a/sa/server'
const clientId = 'spiffe://td1/ns/a/sa/c'
const mesh: CommonTlsContext = {
  certificates: [{ name: 'default', source: 'agent' }],
  validation: { roots: { name: 'ROOTCA', source: 'agent' }, matchSubjectAltNames: [{ kind: 'prefix', value: 'spiffe://' }] },
}
const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

const held = (rootPem: string, crlPem: string): ReturnType<typeof roots> =>
  ({ ...roots(rootPem, 'td1'), crlPem }) as ReturnType<typeof roots>

async function serving(secrets: ReturnType<typeof secretsOf>, common: CommonTlsContext = mesh, clock = createFakeClock(Date.now())) {
  const app = keep(await httpUpstream((_, outgoing) => void outgoing.end('hello')))
  const http = httpListener([anyRoute(action('app'))])
  const tls: NonNullable<FilterChain['tls']> = { common, requireClientCertificate: true }
  const listener: Listener = { ...http, filterChains: http.filterChains.map((chain) => ({ ...chain, tls })) }
  return keep(await startProxy(config(listener, [staticCluster('app', [app.port])]), { secrets, clock }))
}

function ask(port: number, identity: TestIdentity, version: 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const shown = { cert: identity.chainPem, key: identity.keyPem, minVersion: version, maxVersion: version }
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...shown }, () => socket.write(get))
    socket.on('data', (data) => (text += data.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a strict listener with a revocation list, over %s', (version) => {
  test('T28: refuses the revoked leaf and nobody else', async () => {
    const ca = createTestCa({ trustDomain: 'td1' })
    const [revoked, other] = [ca.issue(clientId), ca.issue(clientId)]
    const crlPem = await ca.revoke(revoked.chain[0] as Uint8Array)
    const { port } = await serving(secretsOf(certificate(ca.issue(serverId)), held(ca.rootPem, crlPem)))
    expect(await ask(port, revoked, version)).toBe('')
    expect(await ask(port, other, version)).toMatch(/hello$/)
  })

  test('T28: refuses every leaf below a revoked intermediate', async () => {
    const ca = createTestCa({ trustDomain: 'td1' })
    const [revoked, other] = [ca.issue(clientId, { intermediates: 1 }), ca.issue(clientId, { intermediates: 1 })]
    const crlPem = await ca.revoke(revoked.chain[1] as Uint8Array)
    const { port } = await serving(secretsOf(certificate(ca.issue(serverId)), held(ca.rootPem, crlPem)))
    expect(await ask(port, revoked, version)).toBe('')
    expect(await ask(port, other, version)).toMatch(/hello$/)
  })

  test('T28: takes no list of a stranger at its word', async () => {
    const ca = createTestCa({ trustDomain: 'td1' })
    const identity = ca.issue(clientId)
    const crlPem = await createTestCa({ trustDomain: 'td1' }).revoke(identity.chain[0] as Uint8Array)
    const { port } = await serving(secretsOf(certificate(ca.issue(serverId)), held(ca.rootPem, crlPem)))
    expect(await ask(port, identity, version)).toMatch(/hello$/)
  })

  test('T28: refuses a revoked certificate that names no workload', async () => {
    const ca = createTestCa({ trustDomain: 'td1' })
    const web = (): TestIdentity => ca.issue('unused', { fields: { altNames: { dnsNames: ['partner.test'] } } })
    const [revoked, other] = [web(), web()]
    const common = { ...mesh, validation: { roots: { name: 'ROOTCA', source: 'agent' } } } as const
    const lists = `${await createTestCa({ trustDomain: 'elsewhere' }).revoke()}${await ca.revoke(revoked.chain[0] as Uint8Array)}`
    const { port } = await serving(secretsOf(certificate(ca.issue(serverId)), held(ca.rootPem, lists)), common)
    expect(await ask(port, revoked, version)).toBe('')
    expect(await ask(port, other, version)).toMatch(/hello$/)
  })
})

const meshCluster = (port: number): Cluster => staticCluster('app', [port], { transportSocket: { kind: 'tls', tls: { common: mesh } } })

test('T28: an upstream with a revoked certificate gets no byte of the request', async () => {
  const ca = createTestCa({ trustDomain: 'td1' })
  const [revoked, other] = [ca.issue(serverId), ca.issue(serverId)]
  const crlPem = await ca.revoke(revoked.chain[0] as Uint8Array)
  const callTo = async ({ chainPem, keyPem }: TestIdentity): Promise<string> => {
    const server = createTlsServer({ cert: chainPem, key: keyPem }, (socket) => {
      socket.on('error', () => {})
      socket.on('data', () => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'))
    })
    const { port } = keep(await listen(server))
    const secrets = secretsOf(certificate(ca.issue(clientId)), held(ca.rootPem, crlPem))
    const proxy = keep(await startProxy(config(httpListener([anyRoute(action('app'))]), [meshCluster(port)]), { secrets }))
    return exchange(proxy.port, get)
  }
  expect(await callTo(revoked)).toMatch(/^HTTP\/1\.1 503 .*TLS error/s)
  expect(await callTo(other)).toMatch(/hello$/)
})

describe('a connection that lives while its peer is revoked', () => {
  async function living() {
    const clock = createFakeClock(Date.now())
    const ca = createTestCa({ trustDomain: 'td1', clock })
    const [server, client] = [ca.issue(serverId), ca.issue(clientId)]
    const accepting = secretsOf(certificate(server), roots(ca.rootPem, 'td1'))
    const dialling = secretsOf(certificate(client), roots(ca.rootPem, 'td1'))
    const inner = await serving(accepting, mesh, clock)
    const cluster = meshCluster(inner.port)
    const outer = keep(await startProxy(config(httpListener([anyRoute(action('app'))]), [cluster]), { secrets: dialling, clock }))
    const socket = connect(outer.port, '127.0.0.1')
    keep({ close: () => socket.on('error', () => {}).destroy() })
    const answers: string[] = []
    socket.on('data', (data) => answers.push(data.toString()))
    const request = async (): Promise<string> => {
      const count = answers.length
      socket.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
      await expect.poll(() => answers.length, { interval: 2 }).toBeGreaterThan(count)
      return answers.at(-1) as string
    }
    expect(await request()).toMatch(/200 OK/)
    const inbound = (): number => inner.proxy.listeners()[0]?.connections ?? -1
    return { ca, clock, server, client, accepting, dialling, inbound, request }
  }

  test('T28: ends within seconds when the accepting side gets the list', async () => {
    const { ca, clock, client, accepting, inbound } = await living()
    accepting.put(held(ca.rootPem, await ca.revoke()))
    clock.advance(10_000)
    expect(inbound()).toBe(1)
    accepting.put(held(ca.rootPem, await ca.revoke(client.chain[0] as Uint8Array)))
    clock.advance(3000)
    await expect.poll(inbound).toBe(0)
  })

  test('T28: is used no more when the dialling side gets the list', async () => {
    const { ca, clock, server, dialling, inbound, request } = await living()
    dialling.put(held(ca.rootPem, await ca.revoke(server.chain[0] as Uint8Array)))
    clock.advance(3000)
    await expect.poll(inbound).toBe(0)
    expect(await request()).toMatch(/503/)
  })
})
