import { createServer as createTlsServer, connect as connectTls, type TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { createTestCa } from '@heddle/ca/testing'
import type { Cluster, Listener, UpstreamTlsContext } from '@heddle/routing'
import type { RequestRecord } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, listen, startProxy, staticCluster } from './harness.js'
import { certificate, roots, secretsOf } from './secrets.js'

const keep = keepOpen()

const ca = createTestCa()
const rootsOnly: UpstreamTlsContext = { common: { validation: { roots: { name: 'ROOTCA', source: 'agent' } } } }

/** An external HTTPS server that answers with the server name it was asked for. */
async function secureServer(names: { readonly dnsNames?: readonly string[]; readonly ipAddresses?: readonly Uint8Array[] }) {
  const identity = ca.issue('spiffe://unused', { fields: { altNames: names } })
  const seen: (string | false)[] = []
  const server = createTlsServer({ cert: identity.chainPem, key: identity.keyPem }, (socket: TLSSocket) => {
    seen.push(socket.servername as string | false)
    socket.on('error', () => {})
    socket.on('data', () => void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`))
  })
  return { ...keep(await listen(server)), seen }
}

async function egress(port: number, tls: UpstreamTlsContext, http: Cluster['http'], hostRewriteLiteral?: string) {
  const cluster = staticCluster('external', [port], { transportSocket: { kind: 'tls', tls }, ...(http ? { http } : {}) })
  const route = anyRoute(action('external', hostRewriteLiteral === undefined ? {} : { hostRewriteLiteral }))
  return keep(await startProxy(config(httpListener([route]), [cluster]), { secrets: secretsOf(roots(ca.rootPem)) }))
}

const ask = (port: number, host: string): Promise<string> => exchange(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
const auto = { protocol: 'http1', autoSni: true, autoSanValidation: true } as const

describe('a cluster that takes the server name from requests', () => {
  test('sends the name of the host and accepts the certificate that carries it', async () => {
    const server = await secureServer({ dnsNames: ['api.example.com'] })
    const proxy = await egress(server.port, rootsOnly, auto)
    expect(await ask(proxy.port, 'API.example.com:8443')).toMatch(/200 OK/)
    expect(server.seen).toEqual(['api.example.com'])
  })

  test('names the host as it is rewritten by the route', async () => {
    const server = await secureServer({ dnsNames: ['api.example.com'] })
    const proxy = await egress(server.port, rootsOnly, auto, 'api.example.com')
    expect(await ask(proxy.port, 'alias.test')).toMatch(/200 OK/)
    expect(server.seen).toEqual(['api.example.com'])
  })

  test('refuses a trusted certificate for another name before the request is sent', async () => {
    const server = await secureServer({ dnsNames: ['evil.example.com'] })
    const proxy = await egress(server.port, rootsOnly, auto)
    expect(await ask(proxy.port, 'api.example.com')).toMatch(/503/)
    expect(await ask(proxy.port, 'evil.example.com.attacker')).toMatch(/503/)
  })

  test('never carries a request on a connection that was made for another name', async () => {
    const server = await secureServer({ dnsNames: ['*.example.com'] })
    const proxy = await egress(server.port, rootsOnly, auto)
    for (const host of ['a.example.com', 'b.example.com', 'a.example.com']) expect(await ask(proxy.port, host)).toMatch(/200 OK/)
    expect(await ask(proxy.port, 'c.d.example.com')).toMatch(/503/)
    expect(server.seen).toEqual(['a.example.com', 'b.example.com'])
  })

  test('checks an address against the addresses of the certificate and sends no name', async () => {
    const server = await secureServer({ ipAddresses: [Uint8Array.of(127, 0, 0, 1)] })
    const proxy = await egress(server.port, rootsOnly, auto)
    expect(await ask(proxy.port, '127.0.0.1')).toMatch(/200 OK/)
    expect(await ask(proxy.port, '127.0.0.2')).toMatch(/503/)
    expect(server.seen).toEqual([false])
  })
})

test('without the option the name of the context is sent and only the roots decide', async () => {
  const server = await secureServer({ dnsNames: ['other.example.com'] })
  const proxy = await egress(server.port, { ...rootsOnly, sni: 'fixed.example.com' }, undefined)
  expect(await ask(proxy.port, 'api.example.com')).toMatch(/200 OK/)
  expect(server.seen).toEqual(['fixed.example.com'])
})

describe('names that a context expects of the certificate', () => {
  const expecting = (value: string, kind: 'exact' | 'suffix' = 'exact'): UpstreamTlsContext => ({
    common: { validation: { roots: { name: 'ROOTCA', source: 'agent' }, matchSubjectAltNames: [{ kind, value }] } },
  })

  test.each([
    ['a host by a name with a wildcard', expecting('API.example.com'), 200],
    ['a host below the wildcard', expecting('v1.api.example.com'), 503],
    ['another host', expecting('api.example.org'), 503],
    ['an address', expecting('10.0.0.7'), 200],
    ['another address', expecting('10.0.0.8'), 503],
    ['the wildcard by its text', expecting('*.example.com'), 200],
    ['the end of a name', expecting('.example.com', 'suffix'), 200],
  ])('find %s', async (_, tls, status) => {
    const server = await secureServer({ dnsNames: ['*.example.com'], ipAddresses: [Uint8Array.of(10, 0, 0, 7)] })
    const proxy = await egress(server.port, tls, undefined)
    expect(await ask(proxy.port, 'api.example.com')).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })
})

test('a certificate that nothing vouches for names nobody', async () => {
  const stranger = createTestCa().issue('spiffe://cluster.local/ns/istio-system/sa/admin')
  const upstream = keep(await httpUpstream((incoming, outgoing) => void outgoing.end(JSON.stringify(incoming.headers))))
  const peers: unknown[] = []
  const listener = httpListener([anyRoute(action('app'))], {
    forwardClientCertDetails: 'SANITIZE_SET',
    setCurrentClientCertDetails: { uri: true, subject: true },
  })
  const tls = { common: { certificates: [{ name: 'default', source: 'agent' }] }, requireClientCertificate: true } as const
  const front: Listener = { ...listener, filterChains: listener.filterChains.map((chain) => ({ ...chain, tls })) }
  const proxy = keep(
    await startProxy(config(front, [staticCluster('app', [upstream.port])]), {
      secrets: secretsOf(certificate(ca.issue('spiffe://cluster.local/ns/default/sa/web'))),
      telemetry: {
        onRequestComplete: (record: RequestRecord) => void peers.push(record.connection.tls?.peer),
        onConnectionComplete: () => {},
      },
    }),
  )
  const answer = await new Promise<string>((resolve) => {
    let text = ''
    const place = { port: proxy.port, host: '127.0.0.1', rejectUnauthorized: false }
    const socket = connectTls({ ...place, cert: stranger.chainPem, key: stranger.keyPem }, () =>
      socket.write('GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n'),
    )
    socket.on('data', (data) => (text += data.toString()))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
  expect(answer).toMatch(/200 OK/)
  expect(answer).not.toContain('admin')
  expect(peers).toEqual([undefined])
})
