/** Envoy with the same two duties as ours; the mesh one as Istio configures it, less Istio's own extension filters. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  accessLogFields,
  clusterName,
  type Contender,
  type Duty,
  hostsOf,
  retryOn,
  serviceCount,
  type Site,
  versionWeights,
} from '../contender.js'
import { versionOf } from '../installed.js'

type Json = Readonly<Record<string, unknown>>

export function envoy(duty: Duty): Contender {
  return {
    name: duty === 'mesh' ? 'envoy mesh' : 'envoy',
    duty,
    isRival: true,
    version: () => versionOf('envoy', ['--version'], /version: \w+\/(\d+\.\d+\.\d+)/),
    prepare(site) {
      const file = join(site.folder, `envoy-${duty}.json`)
      const { manager, clusters } = duty === 'mesh' ? mesh(site) : bare(site)
      writeFileSync(file, JSON.stringify(bootstrap(site, manager, clusters)))
      return ['envoy', '-c', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'error']
    },
  }
}

const type = (name: string): string => `type.googleapis.com/envoy.${name}`
const router = { name: 'envoy.filters.http.router', typed_config: { '@type': type('extensions.filters.http.router.v3.Router') } }

function bootstrap(site: Site, manager: Json, clusters: readonly Json[]): Json {
  const filter = {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: 'bench',
      stream_idle_timeout: '0s',
      ...manager,
    },
  }
  const listener = { name: 'bench', address: address(site.port), filter_chains: [{ filters: [filter] }] }
  return { static_resources: { listeners: [listener], clusters } }
}

function address(port: number): Json {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}

function cluster(name: string, ports: readonly number[], more: Json = {}): Json {
  const most = 4_294_967_295
  return {
    name,
    type: 'STATIC',
    connect_timeout: '10s',
    circuit_breakers: { thresholds: [{ max_connections: most, max_pending_requests: most, max_requests: most, max_retries: most }] },
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: ports.map((port) => ({ endpoint: { address: address(port) } })) }],
    },
    ...more,
  }
}

function bare(site: Site): { readonly manager: Json; readonly clusters: readonly Json[] } {
  const routes = [{ match: { prefix: '/' }, route: { cluster: 'upstream', timeout: '0s' } }]
  return {
    manager: {
      generate_request_id: false,
      route_config: { name: 'bench', virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
      http_filters: [router],
    },
    clusters: [cluster('upstream', site.upstreamPorts.slice(0, 1))],
  }
}

function mesh(site: Site): { readonly manager: Json; readonly clusters: readonly Json[] } {
  const services = Array.from({ length: serviceCount }, (_, service) => service)
  const log = {
    name: 'envoy.access_loggers.file',
    typed_config: {
      '@type': type('extensions.access_loggers.file.v3.FileAccessLog'),
      path: join(site.folder, 'envoy-access.log'),
      log_format: { json_format: accessLogFields },
    },
  }
  return {
    manager: {
      route_config: { name: 'bench', virtual_hosts: services.map(meshHost) },
      access_log: [log],
      normalize_path: true,
      http_filters: [
        { name: 'envoy.filters.http.fault', typed_config: { '@type': type('extensions.filters.http.fault.v3.HTTPFault') } },
        { name: 'envoy.filters.http.cors', typed_config: { '@type': type('extensions.filters.http.cors.v3.Cors') } },
        router,
      ],
    },
    clusters: services.flatMap((service) =>
      versionWeights.map(([version]) => cluster(clusterName(service, version), site.upstreamPorts, { lb_policy: 'LEAST_REQUEST' })),
    ),
  }
}

function meshHost(service: number): Json {
  const direct = { route: { cluster: clusterName(service, 'v1'), timeout: '0s' } }
  return {
    name: `service-${service}`,
    domains: hostsOf(service),
    include_request_attempt_count: true,
    routes: [
      { name: 'health', match: { path: '/healthz' }, ...direct },
      { name: 'admin', match: { prefix: '/admin/' }, ...direct },
      { name: 'beta', match: { prefix: '/', headers: [{ name: 'x-beta', string_match: { exact: 'true' } }] }, ...direct },
      {
        name: 'default',
        match: { prefix: '/' },
        route: {
          timeout: '0s',
          weighted_clusters: { clusters: versionWeights.map(([version, weight]) => ({ name: clusterName(service, version), weight })) },
          retry_policy: {
            retry_on: retryOn,
            num_retries: 2,
            retriable_status_codes: [503],
            host_selection_retry_max_attempts: 5,
            retry_host_predicate: [
              {
                name: 'envoy.retry_host_predicates.previous_hosts',
                typed_config: { '@type': type('extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate') },
              },
            ],
          },
        },
      },
    ],
  }
}
