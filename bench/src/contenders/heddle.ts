/** Our own engine: with the least configuration that forwards, and with what a sidecar does for a mesh of fifty services. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type {
  AccessLog,
  Cluster,
  CommonTlsContext,
  FilterChain,
  HttpConnectionManager,
  Listener,
  ProxyConfig,
  Route,
  Secret,
  UpstreamTransportSocket,
  VirtualHost,
} from '@heddle/routing'
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
import type { Credentials } from '../credentials.js'

const entry = fileURLToPath(new URL('../../processes/heddle-proxy.js', import.meta.url))
const manifest = new URL('../../../packages/proxy-core/package.json', import.meta.url)

export function heddle(duty: Duty): Contender {
  return {
    name: duty === 'mesh' ? 'heddle mesh' : 'heddle',
    duty,
    isRival: false,
    version: () => (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version,
    prepare: (site) =>
      site.hops.map((hop) => {
        const file = join(site.folder, `heddle-${duty}-${hop.name}-${hop.ports[0]}.json`)
        writeFileSync(file, JSON.stringify({ duty, config: configOf(hop, site, duty), secrets: secretsOf(hop, site.credentials) }))
        // As the local platform starts it.
        return { command: [process.execPath, '--max-semi-space-size=4', entry, file], port: hop.ports.at(-1) as number }
      }),
  }
}

function configOf(hop: Hop, site: Site, duty: Duty): ProxyConfig {
  const accessLog: readonly AccessLog[] =
    duty === 'bare'
      ? []
      : [
          {
            sink: {
              kind: 'file',
              path: join(site.folder, `heddle-${hop.name}.log`),
              format: { kind: 'json', fields: accessLogFields },
            },
          },
        ]
  const clusters = duty === 'mesh' ? meshClusters(hop, site.credentials) : [cluster('upstream', hop, site.credentials, 1)]
  const chain = hop.protocol === 'tcp' ? tcpChain(duty, accessLog) : httpChain(hop, duty, accessLog)
  const listeners = hop.ports.map((port): Listener => ({
    name: `bench_${port}`,
    address: { address: '127.0.0.1', port },
    trafficDirection: hop.isTlsIn ? 'inbound' : 'outbound',
    filterChains: [{ ...chain, ...(hop.isTlsIn ? { tls: { common: tlsOf(hop), requireClientCertificate: true } } : {}) }],
  }))
  return { listeners, routeConfigurations: [], clusters, endpoints: [] }
}

function tcpChain(duty: Duty, accessLog: readonly AccessLog[]): FilterChain {
  const target = { kind: 'cluster' as const, cluster: duty === 'mesh' ? clusterName(requestedService, 'v1') : 'upstream' }
  return { filters: [{ kind: 'tcp-proxy', proxy: { statPrefix: 'bench', target, accessLog } }] }
}

function httpChain(hop: Hop, duty: Duty, accessLog: readonly AccessLog[]): FilterChain {
  const bare: HttpConnectionManager = {
    statPrefix: 'bench',
    codecType: hop.protocol === 'http2' ? 'HTTP2' : 'HTTP1',
    routes: {
      kind: 'inline',
      routeConfiguration: { name: 'bench', virtualHosts: [{ name: 'all', domains: ['*'], routes: [routeTo('upstream')] }] },
    },
    httpFilters: [{ kind: 'router' }],
    streamIdleTimeoutMs: 0,
  }
  const mesh: HttpConnectionManager = {
    ...bare,
    routes: { kind: 'inline', routeConfiguration: { name: 'bench', virtualHosts: services.map(meshHost) } },
    accessLog,
    tracing: { clientSampling: 100, randomSampling: 1, overallSampling: 100, customTags: [] },
    httpFilters: [{ kind: 'fault' }, { kind: 'cors' }, { kind: 'stats' }, { kind: 'router' }],
    normalizePath: true,
    ...(hop.isTlsIn
      ? { forwardClientCertDetails: 'APPEND_FORWARD', setCurrentClientCertDetails: { subject: true, uri: true, dns: true } }
      : {}),
  }
  return { filters: [{ kind: 'http-connection-manager', manager: duty === 'mesh' ? mesh : bare }] }
}

const services = Array.from({ length: serviceCount }, (_, service) => service)

function meshHost(service: number): VirtualHost {
  const direct = routeTo(clusterName(service, 'v1'))
  return {
    name: `service-${service}`,
    domains: hostsOf(service),
    includeRequestAttemptCount: true,
    routes: [
      { ...direct, name: 'health', match: { path: { kind: 'path', value: '/healthz' } } },
      { ...direct, name: 'admin', match: { path: { kind: 'prefix', value: '/admin/' } } },
      {
        ...direct,
        name: 'beta',
        match: {
          path: { kind: 'prefix', value: '/' },
          headers: [{ name: 'x-beta', match: { kind: 'exact', value: 'true' } }],
        },
      },
      {
        name: 'default',
        match: { path: { kind: 'prefix', value: '/' } },
        action: {
          kind: 'route',
          target: {
            kind: 'weighted-clusters',
            clusters: versionWeights.map(([version, weight]) => ({ name: clusterName(service, version), weight })),
          },
          timeoutMs: 0,
          retryPolicy: { retryOn, numRetries: 2, previousHosts: true, hostSelectionRetryMaxAttempts: 5, retriableStatusCodes: [503] },
        },
      },
    ],
  }
}

function routeTo(name: string): Route {
  return {
    match: { path: { kind: 'prefix', value: '/' } },
    action: { kind: 'route', target: { kind: 'cluster', cluster: name }, timeoutMs: 0 },
  }
}

function meshClusters(hop: Hop, credentials: Credentials | undefined): readonly Cluster[] {
  return services.flatMap((service) =>
    versionWeights.map(([version]) => ({
      ...cluster(clusterName(service, version), hop, credentials, hop.upstreamPorts.length),
      lbPolicy: 'LEAST_REQUEST' as const,
      metadata: { istio: { services: [{ host: hostsOf(service)[0] as string, name: `service-${service}`, namespace: 'bench' }] } },
    })),
  )
}

function cluster(name: string, hop: Hop, credentials: Credentials | undefined, endpointCount: number): Cluster {
  const most = 4_294_967_295
  const endpoints = hop.upstreamPorts.slice(0, endpointCount).map((port) => ({ address: { address: '127.0.0.1', port } }))
  return {
    name,
    type: 'STATIC',
    connectTimeoutMs: 10_000,
    circuitBreakers: { maxConnections: most, maxPendingRequests: most, maxRequests: most, maxRetries: most },
    loadAssignment: { clusterName: name, localities: [{ endpoints }] },
    ...(hop.protocol === 'http2' ? { http: { protocol: 'http2' } } : {}),
    ...(hop.isTlsOut && credentials ? { transportSocket: tlsSocket(hop, credentials) } : {}),
  }
}

function tlsSocket(hop: Hop, { server }: Credentials): UpstreamTransportSocket {
  const common = tlsOf(hop)
  const validation = { roots: rootsReference, matchSubjectAltNames: [{ kind: 'exact' as const, value: server.spiffeId }] }
  return {
    kind: 'tls',
    tls: { common: { ...common, validation }, sni: `outbound_.80_._.service-${requestedService}.bench.svc.cluster.local` },
  }
}

const rootsReference = { name: 'ROOTCA', source: 'agent' } as const

function tlsOf(hop: Hop): CommonTlsContext {
  return {
    certificates: [{ name: 'default', source: 'agent' }],
    validation: { roots: rootsReference, matchSubjectAltNames: [{ kind: 'prefix', value: 'spiffe://cluster.local/' }] },
    alpnProtocols: hop.protocol === 'http2' ? ['h2'] : ['http/1.1'],
    minVersion: 'TLSv1_2',
    maxVersion: 'TLSv1_3',
  }
}

function secretsOf(hop: Hop, credentials: Credentials | undefined): readonly Secret[] {
  if (!credentials) return []
  const { chainPem, keyPem } = hop.isTlsIn ? credentials.server : credentials.client
  return [
    { kind: 'certificate', name: 'default', certificateChainPem: chainPem, privateKeyPem: keyPem },
    { kind: 'validation', name: 'ROOTCA', rootsPem: credentials.rootPem },
  ]
}
