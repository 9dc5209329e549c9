/** HTTP/2 with Envoy in front of the proxy and behind it, where that program is installed. */
import { describe, expect, test } from 'vitest'
import { envoyProgram, loopback, startEnvoy } from '../envoy.js'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, startProxy, staticCluster } from './harness.js'
import { http2Client, http2Upstream, request } from './http2-peers.js'

const keep = keepOpen()

/** An Envoy that sends everything on over HTTP/2. @returns its port. */
async function envoy(upstreamPort: number): Promise<number> {
  const manager = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'front',
    route_config: {
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'u', timeout: '0s' } }] }],
    },
    http_filters: [{ name: 'router', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' } }],
  }
  const options = {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: {} },
  }
  const listener = { name: 'front', address: loopback(0), filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }] }
  const cluster = {
    name: 'u',
    type: 'STATIC',
    connect_timeout: '5s',
    typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': options },
    load_assignment: { cluster_name: 'u', endpoints: [{ lb_endpoints: [{ endpoint: { address: loopback(upstreamPort) } }] }] },
  }
  const { ports } = keep(await startEnvoy({ listeners: [listener], clusters: [cluster] }))
  return ports.get('front') ?? 0
}

async function app(): Promise<number> {
  const upstream = await http2Upstream((stream, headers) => {
    let bytes = 0
    stream.on('data', (piece: Buffer) => (bytes += piece.length))
    stream.on('end', () => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-path': String(headers[':path']) }))
      stream.end(Buffer.alloc(bytes, 'y'))
    })
  })
  return keep(upstream).port
}

const proxyTo = async (port: number): Promise<number> =>
  keep(await startProxy(config(httpListener([anyRoute(action('u'))]), [staticCluster('u', [port], { http: { protocol: 'http2' } })]))).port

async function exchangeMany(port: number): Promise<void> {
  const session = keep(http2Client(port))
  const body = Buffer.alloc(300_000, 'x')
  const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => request(session, { ':method': 'POST', ':path': `/${at}` }, body)))
  answers.forEach((answer, at) => {
    expect(answer.headers[':status']).toBe(200)
    expect(answer.body.length).toBe(body.length)
    expect(answer.trailers).toMatchObject({ 'grpc-status': '0', 'x-path': `/${at}` })
  })
}

describe.skipIf(envoyProgram === undefined)('Envoy (skipped: envoy not found on the PATH)', () => {
  test('in front', async () => {
    await exchangeMany(await envoy(await proxyTo(await app())))
  }, 40_000)

  test('behind', async () => {
    await exchangeMany(await proxyTo(await envoy(await app())))
  }, 40_000)
})
