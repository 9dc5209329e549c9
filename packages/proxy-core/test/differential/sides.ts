/** The same duty for Envoy and for the proxy, each with an upstream of its own, as many times as cases run side by side. */
import { connect, type Socket } from 'node:net'
import { startStrictUpstream, type StrictUpstream } from '@heddle/testing'
import { loopback, startEnvoy } from '../envoy.js'
import { action, anyRoute, config, httpListener, startProxy, staticCluster } from '../integration/harness.js'

export interface Side {
  connect(): Socket
  readonly upstream: StrictUpstream
}

export interface Lane {
  readonly envoy: Side
  readonly heddle: Side
}

export interface Lanes {
  readonly lanes: readonly Lane[]
  close(): Promise<void>
}

const router = { name: 'router', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' } }

/** What istiod says of a sidecar's inbound listener, where it has to do with how messages are read. */
function envoyListener(name: string): { readonly name: string } {
  const manager = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: name,
    server_name: 'istio-envoy',
    normalize_path: true,
    path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
    http_protocol_options: { accept_http_10: true, default_host_for_http_10: '' },
    upgrade_configs: [{ upgrade_type: 'websocket' }],
    generate_request_id: false,
    route_config: {
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: name, timeout: '0s' } }] }],
    },
    http_filters: [router],
  }
  const listener = { name, address: loopback(0), filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }] }
  return listener
}

function envoyCluster(name: string, port: number): object {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '2s',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: loopback(port) } }] }] },
  }
}

export async function startLanes(count: number): Promise<Lanes> {
  const names = Array.from({ length: count }, (_, at) => `lane-${at}`)
  const behindEnvoy = await Promise.all(names.map(() => startStrictUpstream()))
  const behindHeddle = await Promise.all(names.map(() => startStrictUpstream()))
  const envoy = await startEnvoy({
    listeners: names.map(envoyListener),
    clusters: names.map((name, at) => envoyCluster(name, behindEnvoy[at]?.port ?? 0)),
  })
  const proxies = await Promise.all(
    behindHeddle.map(({ port }) =>
      startProxy(
        config(httpListener([anyRoute(action('u'))], { upgradeTypes: ['websocket'], normalizePath: true }), [staticCluster('u', [port])]),
      ),
    ),
  )
  const dial = (port: number) => (): Socket => connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const lanes = names.map((name, at) => ({
    envoy: { connect: dial(envoy.ports.get(name) ?? 0), upstream: behindEnvoy[at] as StrictUpstream },
    heddle: { connect: dial(proxies[at]?.port ?? 0), upstream: behindHeddle[at] as StrictUpstream },
  }))
  return {
    lanes,
    async close() {
      for (const proxy of proxies) await proxy.close()
      await envoy.close()
      for (const upstream of [...behindEnvoy, ...behindHeddle]) await upstream.close()
    },
  }
}
