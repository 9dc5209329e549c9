/** HTTP/2 inside of TLS: what ALPN agrees on, with plain certificates and between two proxies of a mesh. */
import { connect, createSecureServer } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { connect as connectTls } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createTestCa } from '@heddle/ca/testing'
import type { Cluster, FilterChain, Listener, UpstreamHttpOptions } from '@heddle/routing'
import type { RequestRecord } from '@heddle/proxy-core'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, exchange, httpListener, httpUpstream, manager, startProxy, staticCluster } from './harness.js'
import { http2Client, http2Upstream, request } from './http2-peers.js'
import { certificate, roots, secretsOf } from './secrets.js'

const keep = keepOpen()

const common = {
  certificates: [{ name: 'default', source: 'agent' }],
  validation: { roots: { name: 'ROOTCA', source: 'agent' }, matchSubjectAltNames: [{ kind: 'prefix', value: 'spiffe://cluster.local/' }] },
  minVersion: 'TLSv1_2',
  maxVersion: 'TLSv1_3',
} as const

const serverId = 'spiffe://cluster.local/ns/default/sa/web'
const clientId = 'spiffe://cluster.local/ns/default/sa/sleep'

/** What istiod gives a STRICT sidecar for an HTTP port. */
function inbound(cluster: string): Listener {
  const http: FilterChain = {
    name: 'http',
    match: { transportProtocol: 'tls', applicationProtocols: ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'] },
    tls: { common: { ...common, alpnProtocols: ['h2', 'http/1.1'] }, requireClientCertificate: true },
    filters: [{ kind: 'http-connection-manager', manager: manager([anyRoute(action(cluster))]) }],
  }
  return {
    name: 'virtualInbound',
    address: { address: '127.0.0.1', port: 0 },
    trafficDirection: 'inbound',
    listenerFilters: [{ kind: 'tls-inspector' }, { kind: 'http-inspector' }],
    filterChains: [http],
  }
}

describe('between two proxies', () => {
  async function pair(upstreamHttp: UpstreamHttpOptions) {
    const ca = createTestCa()
    const app = keep(
      await http2Upstream((stream, headers) => {
        stream.respond({ ':status': 200 })
        stream.end(`h2 ${String(headers[':path'])}`)
      }),
    )
    const plain = keep(await httpUpstream((incoming, answer) => answer.end(`h1 ${incoming.url}`)))
    const records: Pick<RequestRecord, 'protocol' | 'connection'>[] = []
    const clusters = [
      staticCluster('app', [upstreamHttp.protocol === 'http1' ? plain.port : app.port], {
        http: { protocol: upstreamHttp.protocol === 'http1' ? 'http1' : 'use-downstream' },
      }),
    ]
    const server = keep(
      await startProxy(config(inbound('app'), clusters), {
        secrets: secretsOf(certificate(ca.issue(serverId)), roots(ca.rootPem)),
        telemetry: {
          onRequestComplete: ({ protocol, connection }) => void records.push({ protocol, connection }),
          onConnectionComplete: () => {},
        },
      }),
    )
    const mesh: Partial<Cluster> = {
      http: upstreamHttp,
      transportSocket: {
        kind: 'tls',
        tls: {
          common: {
            ...common,
            alpnProtocols: ['istio-peer-exchange', 'istio', 'h2'],
            validation: { ...common.validation, matchSubjectAltNames: [{ kind: 'exact', value: serverId }] },
          },
        },
      },
    }
    const outbound = httpListener([anyRoute(action('mesh'))], { httpFilters: [{ kind: 'alpn' }, { kind: 'router' }] })
    const client = keep(
      await startProxy(config(outbound, [staticCluster('mesh', [server.port], mesh)]), {
        secrets: secretsOf(certificate(ca.issue(clientId)), roots(ca.rootPem)),
      }),
    )
    return { client, records }
  }

  test.each<[UpstreamHttpOptions['protocol'] & string, string, string]>([
    ['http2', 'HTTP/2', 'h2'],
    ['use-downstream', 'HTTP/2', 'h2'],
    ['auto', 'HTTP/2', 'h2'],
    ['http1', 'HTTP/1.1', 'http/1.1'],
  ])('a client of HTTP/2 and a cluster of %s', async (protocol, spoken, alpn) => {
    const { client, records } = await pair({ protocol })
    const answer = await request(keep(http2Client(client.port)), { ':path': '/x' })
    expect(answer.body).toBe(spoken === 'HTTP/2' ? 'h2 /x' : 'h1 /x')
    await expect.poll(() => records.length).toBe(1)
    expect(records[0]).toMatchObject({ protocol: spoken, connection: { tls: { alpn, peer: { spiffeId: clientId } } } })
  })

  test('a client of HTTP/1.1 keeps its protocol where the cluster follows', async () => {
    const { client, records } = await pair({ protocol: 'use-downstream' })
    await exchange(client.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(records[0]).toMatchObject({ protocol: 'HTTP/1.1', connection: { tls: { alpn: 'http/1.1' } } })
  })
})

describe('a listener with a certificate', () => {
  async function edge() {
    const ca = createTestCa()
    const app = keep(await httpUpstream((incoming, answer) => answer.end(`${incoming.httpVersion} ${incoming.url}`)))
    const chain: FilterChain = {
      tls: { common: { certificates: common.certificates, alpnProtocols: ['h2', 'http/1.1'] }, requireClientCertificate: false },
      filters: [{ kind: 'http-connection-manager', manager: manager([anyRoute(action('app'))], { useRemoteAddress: true }) }],
    }
    const listener: Listener = {
      name: 'edge',
      address: { address: '127.0.0.1', port: 0 },
      trafficDirection: 'outbound',
      listenerFilters: [{ kind: 'tls-inspector' }],
      filterChains: [chain],
    }
    return keep(
      await startProxy(config(listener, [staticCluster('app', [app.port])]), { secrets: secretsOf(certificate(ca.issue(serverId))) }),
    )
  }

  test('serves HTTP/2 to those who ask for it', async () => {
    const { port } = await edge()
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    keep({ close: () => session.destroy() })
    expect((await request(session, { ':path': '/y' })).body).toBe('1.1 /y')
    expect(session.alpnProtocol).toBe('h2')
  })

  test.each([
    ['h2', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['http/1.1', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('ends a client that agreed on %s and speaks the other', async (alpn, bytes) => {
    const { port, requests } = await edge()
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: [alpn] }, () => socket.write(bytes))
      socket.on('data', (data) => (text += data.toString('latin1')))
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
    })
    expect(answer).not.toContain(' 200 ')
    expect(requests.every(({ status }) => status === 400)).toBe(true)
  })
})

test.each(['1.1', '2.0'])('a cluster of auto speaks what its upstream prefers: %s', async (version) => {
  const { chainPem: cert, keyPem: key } = createTestCa().issue(serverId)
  const tell = (incoming: { readonly httpVersion: string }, answer: { end(text: string): unknown }): void =>
    void answer.end(incoming.httpVersion)
  const server = version === '2.0' ? createSecureServer({ cert, key, allowHTTP1: true }, tell) : createHttpsServer({ cert, key }, tell)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  keep(server)
  const transportSocket = { kind: 'tls', tls: { common: {} } } as const
  const cluster = staticCluster('u', [(server.address() as AddressInfo).port], { http: { protocol: 'auto' }, transportSocket })
  const front = keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [cluster])))
  expect((await request(keep(http2Client(front.port)), { ':path': '/' })).body).toBe(version)
})
