/** Our own engine: with the least configuration that forwards, and with what a sidecar does for a mesh of fifty services. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { Cluster, HttpConnectionManager, ProxyConfig, Route, VirtualHost } from '@heddle/routing'
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

const entry = fileURLToPath(new URL('../../processes/heddle-proxy.js', import.meta.url))
const manifest = new URL('../../../packages/proxy-core/package.json', import.meta.url)

export function heddle(duty: Duty): Contender {
  return {
    name: duty === 'mesh' ? 'heddle mesh' : 'heddle',
    duty,
    isRival: false,
    version: () => (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version,
    prepare(site) {
      const file = join(site.folder, `heddle-${duty}.json`)
      writeFileSync(file, JSON.stringify({ duty, config: duty === 'mesh' ? meshConfig(site) : bareConfig(site) }))
      return [process.execPath, entry, file]
    },
  }
}

function bareConfig(site: Site): ProxyConfig {
  const virtualHosts = [{ name: 'all', domains: ['*'], routes: [routeTo('upstream')] }]
  return config(site, virtualHosts, [cluster('upstream', site.upstreamPorts.slice(0, 1))], {})
}

function meshConfig(site: Site): ProxyConfig {
  const services = Array.from({ length: serviceCount }, (_, service) => service)
  const clusters = services.flatMap((service) =>
    versionWeights.map(([version]) => ({
      ...cluster(clusterName(service, version), site.upstreamPorts),
      lbPolicy: 'LEAST_REQUEST' as const,
      metadata: { istio: { services: [{ host: hostsOf(service)[0] as string, name: `service-${service}`, namespace: 'bench' }] } },
    })),
  )
  return config(site, services.map(meshHost), clusters, {
    accessLog: [
      { sink: { kind: 'file', path: join(site.folder, 'heddle-access.log'), format: { kind: 'json', fields: accessLogFields } } },
    ],
    tracing: { clientSampling: 100, randomSampling: 1, overallSampling: 100, customTags: [] },
    httpFilters: [{ kind: 'fault' }, { kind: 'cors' }, { kind: 'stats' }, { kind: 'router' }],
    normalizePath: true,
  })
}

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

function cluster(name: string, ports: readonly number[]): Cluster {
  const most = 4_294_967_295
  return {
    name,
    type: 'STATIC',
    connectTimeoutMs: 10_000,
    circuitBreakers: { maxConnections: most, maxPendingRequests: most, maxRequests: most, maxRetries: most },
    loadAssignment: { clusterName: name, localities: [{ endpoints: ports.map((port) => ({ address: { address: '127.0.0.1', port } })) }] },
  }
}

function config(
  site: Site,
  virtualHosts: readonly VirtualHost[],
  clusters: readonly Cluster[],
  more: Partial<HttpConnectionManager>,
): ProxyConfig {
  const manager: HttpConnectionManager = {
    statPrefix: 'bench',
    routes: { kind: 'inline', routeConfiguration: { name: 'bench', virtualHosts } },
    httpFilters: [{ kind: 'router' }],
    streamIdleTimeoutMs: 0,
    ...more,
  }
  const listener = {
    name: 'bench',
    address: { address: '127.0.0.1', port: site.port },
    trafficDirection: 'outbound' as const,
    filterChains: [{ filters: [{ kind: 'http-connection-manager' as const, manager }] }],
  }
  return { listeners: [listener], routeConfigurations: [], clusters, endpoints: [] }
}
