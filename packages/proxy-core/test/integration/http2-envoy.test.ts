/** HTTP/2 with Envoy in front of the proxy and behind it, where that program is installed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { keepOpen } from '../keep-open.js'
import { action, anyRoute, config, httpListener, startProxy, staticCluster } from './harness.js'
import { http2Client, http2Upstream, request } from './http2-peers.js'

const keep = keepOpen()

const program = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'envoy'))
  .find((path) => existsSync(path))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const socketAddress = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } })

/** An Envoy that sends everything on over HTTP/2. @returns its port. */
async function envoy(upstreamPort: number): Promise<number> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'heddle-envoy-'))
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
  const bootstrap = {
    static_resources: {
      listeners: [{ name: 'front', address: socketAddress(port), filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }] }],
      clusters: [
        {
          name: 'u',
          type: 'STATIC',
          connect_timeout: '5s',
          typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': options },
          load_assignment: { cluster_name: 'u', endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(upstreamPort) } }] }] },
        },
      ],
    },
  }
  writeFileSync(join(folder, 'envoy.json'), JSON.stringify(bootstrap))
  const child = spawn(
    program ?? '',
    ['-c', join(folder, 'envoy.json'), '--concurrency', '1', '--use-dynamic-base-id', '--log-level', 'off'],
    { stdio: 'ignore' },
  )
  keep({
    close: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  })
  await expect.poll(() => canConnect(port), { timeout: 20_000, interval: 100 }).toBe(true)
  return port
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
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

describe.skipIf(program === undefined)('Envoy (skipped where it is not on the PATH)', () => {
  test('in front', async () => {
    await exchangeMany(await envoy(await proxyTo(await app())))
  }, 40_000)

  test('behind', async () => {
    await exchangeMany(await proxyTo(await envoy(await app())))
  }, 40_000)
})
