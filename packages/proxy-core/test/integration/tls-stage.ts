/** What tests of TLS begin with: an authority, a proxy that asks for its certificates, and clients that show one. */
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { createTestCa, type TestCa, type TestIdentity } from '@heddle/ca/testing'
import type { CommonTlsContext, FilterChain, Listener, Secret } from '@heddle/routing'
import type { ProxyDeps } from '@heddle/proxy-core'
import type { Keep } from '../keep-open.js'
import { action, anyRoute, config, httpListener, httpUpstream, manager, startProxy, staticCluster, type TestProxy } from './harness.js'
import { certificate, roots, secretsOf } from './secrets.js'

export const td1: TestCa = createTestCa({ trustDomain: 'td1' })
export const id = 'spiffe://td1/ns/a/sa/c'
export const common: CommonTlsContext = {
  certificates: [{ name: 'default', source: 'agent' }],
  validation: { roots: { name: 'ROOTCA', source: 'agent' }, matchSubjectAltNames: [{ kind: 'prefix', value: 'spiffe://' }] },
}
export const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
export const strictTls: NonNullable<FilterChain['tls']> = { common, requireClientCertificate: true }

export interface Running extends TestProxy {
  readonly reached: () => number
}

/** A proxy in TLS before an application that says hello. */
export async function runTls(keep: Keep, shape: (http: Listener) => Listener, deps: ProxyDeps = {}): Promise<Running> {
  let reached = 0
  const app = keep(await httpUpstream((_, outgoing) => void (reached++, outgoing.end('hello'))))
  const proxy = await startProxy(config(shape(httpListener([anyRoute(action('app'))])), [staticCluster('app', [app.port])]), {
    secrets: secretsOf(certificate(td1.issue('spiffe://td1/ns/a/sa/server')), roots(td1.rootPem, 'td1')),
    ...deps,
  })
  return { ...keep(proxy), reached: () => reached }
}

/** The usual roots, with revocation lists. */
export const listed = (crlPem: string): Secret => ({ ...(roots(td1.rootPem, 'td1') as Extract<Secret, { kind: 'validation' }>), crlPem })

export const withTls = (http: Listener, tls: NonNullable<FilterChain['tls']> = strictTls): Listener => ({
  ...http,
  filterChains: http.filterChains.map((chain) => ({ ...chain, tls })),
})

export const named = (host: string, requireClientCertificate: boolean): FilterChain => ({
  name: host,
  match: { serverNames: [host] },
  tls: { common, requireClientCertificate },
  filters: [{ kind: 'http-connection-manager', manager: manager([anyRoute(action('app'))]) }],
})

export function ask(
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
