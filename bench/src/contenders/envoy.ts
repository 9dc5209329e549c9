/** Envoy with the same two duties as ours; the mesh one as Istio configures it, less Istio's own extension filters. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  accessLogFields,
  clusterName,
  type Contender,
  type Duty,
  type Hop,
  hostsOf,
  requestedService,
  retryOn,
  serviceCount,
  type Site,
  versionWeights,
} from '../contender.js'
import { type Credential, type Credentials, serverName } from '../credentials.js'
import { versionOf } from '../installed.js'

type Json = Readonly<Record<string, unknown>>

export function envoy(duty: Duty): Contender {
  return {
    name: duty === 'mesh' ? 'envoy mesh' : 'envoy',
    duty,
    isRival: true,
    version: () => versionOf('envoy', ['--version'], /version: \w+\/(\d+\.\d+\.\d+)/),
    prepare: (site) =>
      site.hops.map((hop) => {
        const file = join(site.folder, `envoy-${duty}-${hop.name}-${hop.ports[0]}.json`)
        writeFileSync(file, JSON.stringify(bootstrap(hop, site, duty)))
        return {
          command: ['envoy', '-c', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'error'],
          port: hop.ports.at(-1) as number,
        }
      }),
  }
}

const type = (name: string): string => `type.googleapis.com/envoy.${name}`
const router = { name: 'envoy.filters.http.router', typed_config: { '@type': type('extensions.filters.http.router.v3.Router') } }

function bootstrap(hop: Hop, site: Site, duty: Duty): Json {
  const accessLog = duty === 'mesh' ? [fileLog(join(site.folder, `envoy-${hop.name}.log`))] : []
  const filter = hop.protocol === 'tcp' ? tcpProxy(duty, accessLog) : connectionManager(hop, duty, accessLog)
  const transport = hop.isTlsIn && site.credentials ? { transport_socket: downstreamTls(hop, site.credentials) } : {}
  const listeners = hop.ports.map((port) => ({
    name: `bench_${port}`,
    address: address(port),
    filter_chains: [{ filters: [filter], ...transport }],
  }))
  const clusters = duty === 'mesh' ? meshClusters(hop, site.credentials) : [cluster('upstream', hop, site.credentials, 1)]
  return { static_resources: { listeners, clusters } }
}

function fileLog(path: string): Json {
  const config = { '@type': type('extensions.access_loggers.file.v3.FileAccessLog'), path, log_format: { json_format: accessLogFields } }
  return { name: 'envoy.access_loggers.file', typed_config: config }
}

function tcpProxy(duty: Duty, accessLog: readonly Json[]): Json {
  return {
    name: 'envoy.filters.network.tcp_proxy',
    typed_config: {
      '@type': type('extensions.filters.network.tcp_proxy.v3.TcpProxy'),
      stat_prefix: 'bench',
      cluster: duty === 'mesh' ? clusterName(requestedService, 'v1') : 'upstream',
      access_log: accessLog,
    },
  }
}

function connectionManager(hop: Hop, duty: Duty, accessLog: readonly Json[]): Json {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: 'bench',
      stream_idle_timeout: '0s',
      codec_type: hop.protocol === 'http2' ? 'HTTP2' : 'HTTP1',
      ...(duty === 'mesh' ? meshManager(hop, accessLog) : bareManager),
    },
  }
}

const bareManager: Json = {
  generate_request_id: false,
  route_config: {
    name: 'bench',
    virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'upstream', timeout: '0s' } }] }],
  },
  http_filters: [router],
}

const services = Array.from({ length: serviceCount }, (_, service) => service)

function meshManager(hop: Hop, accessLog: readonly Json[]): Json {
  return {
    route_config: { name: 'bench', virtual_hosts: services.map(meshHost) },
    access_log: accessLog,
    normalize_path: true,
    http_filters: [
      { name: 'envoy.filters.http.fault', typed_config: { '@type': type('extensions.filters.http.fault.v3.HTTPFault') } },
      { name: 'envoy.filters.http.cors', typed_config: { '@type': type('extensions.filters.http.cors.v3.Cors') } },
      router,
    ],
    ...(hop.isTlsIn
      ? { forward_client_cert_details: 'APPEND_FORWARD', set_current_client_cert_details: { subject: true, uri: true, dns: true } }
      : {}),
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

function meshClusters(hop: Hop, credentials: Credentials | undefined): readonly Json[] {
  return services.flatMap((service) =>
    versionWeights.map(([version]) => ({
      ...cluster(clusterName(service, version), hop, credentials, hop.upstreamPorts.length),
      lb_policy: 'LEAST_REQUEST',
    })),
  )
}

function cluster(name: string, hop: Hop, credentials: Credentials | undefined, endpointCount: number): Json {
  const most = 4_294_967_295
  const endpoints = hop.upstreamPorts.slice(0, endpointCount).map((port) => ({ endpoint: { address: address(port) } }))
  return {
    name,
    type: 'STATIC',
    connect_timeout: '10s',
    circuit_breakers: { thresholds: [{ max_connections: most, max_pending_requests: most, max_requests: most, max_retries: most }] },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: endpoints }] },
    ...(hop.protocol === 'http2' ? { typed_extension_protocol_options: http2 } : {}),
    ...(hop.isTlsOut && credentials ? { transport_socket: upstreamTls(hop, credentials) } : {}),
  }
}

const http2: Json = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': type('extensions.upstreams.http.v3.HttpProtocolOptions'),
    explicit_http_config: { http2_protocol_options: {} },
  },
}

function address(port: number): Json {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}

function downstreamTls(hop: Hop, { rootFile, server }: Credentials): Json {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': type('extensions.transport_sockets.tls.v3.DownstreamTlsContext'),
      require_client_certificate: true,
      common_tls_context: commonTls(hop, server, rootFile, { prefix: 'spiffe://cluster.local/' }),
    },
  }
}

function upstreamTls(hop: Hop, { rootFile, client, server }: Credentials): Json {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': type('extensions.transport_sockets.tls.v3.UpstreamTlsContext'),
      sni: serverName,
      common_tls_context: commonTls(hop, client, rootFile, { exact: server.spiffeId }),
    },
  }
}

function commonTls(hop: Hop, own: Credential, rootFile: string, peer: Json): Json {
  return {
    tls_params: { tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3' },
    tls_certificates: [{ certificate_chain: { filename: own.chainFile }, private_key: { filename: own.keyFile } }],
    validation_context: { trusted_ca: { filename: rootFile }, match_typed_subject_alt_names: [{ san_type: 'URI', matcher: peer }] },
    alpn_protocols: hop.protocol === 'http2' ? ['h2'] : ['http/1.1'],
  }
}
