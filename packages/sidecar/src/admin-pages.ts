/** Envoy's admin interface, as far as istioctl, Prometheus and people use it: `/config_dump`, `/clusters`, `/listeners`, ... */
import type { Proxy } from '@heddle/proxy-core'
import type { SecretSource } from '@heddle/routing'
import { parseCertificate, parseCertificatePem } from '@heddle/x509'
import { encode, toJson, type XdsResource } from '@heddle/xds'
import { drainAnswer } from './agent-pages.js'
import type { AgentAnswer, AgentRoutes } from './agent-server.js'

export interface AdminSources {
  readonly proxy: Proxy
  readonly secrets: SecretSource
  readonly secretNames: readonly string[]
  readonly renderMetrics: () => string
  readonly isReady: () => boolean
  readonly drain: () => void
  readonly version: string
}

export function adminRoutes(sources: AdminSources): AgentRoutes {
  const { proxy, renderMetrics, isReady, drain } = sources
  return {
    '/': () =>
      text(
        `${['/config_dump', '/clusters', '/listeners', '/stats/prometheus', '/ready', '/server_info', '/certs', '/drain'].join('\n')}\n`,
      ),
    '/config_dump': () => json(configDump(sources)),
    '/clusters': () => text(clustersText(proxy)),
    '/listeners': () =>
      text(
        proxy
          .listeners()
          .map(({ name, address, port }) => `${name}::${address}:${port}\n`)
          .join(''),
      ),
    '/stats/prometheus': () => ({ status: 200, body: renderMetrics(), contentType: 'text/plain; version=0.0.4' }),
    '/ready': () => (isReady() ? text('LIVE\n') : { status: 503, body: 'INITIALIZING\n' }),
    '/server_info': () => json({ version: `heddle/${sources.version}`, state: isReady() ? 'LIVE' : 'INITIALIZING' }),
    '/certs': () => json({ certificates: sources.secretNames.flatMap((name) => secretRows(sources.secrets, name)) }),
    '/drain': (request) => drainAnswer(request, drain),
    '/drain_listeners': (request) => drainAnswer(request, drain),
  }
}

const text = (body: string): AgentAnswer => ({ status: 200, body })
const json = (value: unknown): AgentAnswer => ({
  status: 200,
  body: `${JSON.stringify(value, null, 1)}\n`,
  contentType: 'application/json',
})

function configDump({ proxy, secrets, secretNames }: AdminSources): object {
  const { clusters, endpoints, listeners, routeConfigurations } = encode(proxy.configDump(), 'istio')
  const dump = (type: string, list: string, entries: readonly object[]) => ({
    '@type': `type.googleapis.com/envoy.admin.v3.${type}`,
    [list]: entries,
  })
  const versioned = (resource: XdsResource, wrapper: string) => ({ version_info: resource.version, [wrapper]: toJson(resource) })
  return {
    configs: [
      dump(
        'ClustersConfigDump',
        'dynamic_active_clusters',
        clusters.map((cluster) => versioned(cluster, 'cluster')),
      ),
      dump(
        'EndpointsConfigDump',
        'dynamic_endpoint_configs',
        endpoints.map((endpoint) => versioned(endpoint, 'endpoint_config')),
      ),
      dump(
        'ListenersConfigDump',
        'dynamic_listeners',
        listeners.map((listener) => ({ name: listener.name, active_state: versioned(listener, 'listener') })),
      ),
      dump(
        'RoutesConfigDump',
        'dynamic_route_configs',
        routeConfigurations.map((route) => versioned(route, 'route_config')),
      ),
      dump(
        'SecretsConfigDump',
        'dynamic_active_secrets',
        secretNames.flatMap((name) => secretRows(secrets, name).map((secret) => ({ name, secret }))),
      ),
    ],
  }
}

/** What may be shown of a secret: whose it is and how long; never a key. */
function secretRows(secrets: SecretSource, name: string): readonly object[] {
  const secret = secrets.get(name)
  if (!secret) return [{ name, type: 'unknown', status: 'WARMING' }]
  const pem = parseCertificatePem(secret.kind === 'certificate' ? secret.certificateChainPem : secret.rootsPem)
  if (!pem.ok) return []
  return pem.ders.slice(0, secret.kind === 'certificate' ? 1 : undefined).flatMap((der) => {
    const parsed = parseCertificate(der)
    if (!parsed.ok) return []
    const { notBeforeMs, notAfterMs, serialHex, extensions } = parsed.certificate
    return [
      {
        name,
        type: secret.kind === 'certificate' ? 'Cert Chain' : 'CA',
        status: 'ACTIVE',
        valid: 'true',
        serial_number: serialHex,
        not_before: new Date(notBeforeMs).toISOString(),
        not_after: new Date(notAfterMs).toISOString(),
        uris: extensions.subjectAltNames?.uris ?? [],
      },
    ]
  })
}

function clustersText(proxy: Proxy): string {
  return proxy
    .stats()
    .clusters.flatMap(({ name, endpoints }) =>
      endpoints.flatMap((endpoint) => {
        const host = `${name}::${endpoint.address}:${endpoint.port}`
        const flags = endpoint.ejected ? '/failed_outlier_check' : endpoint.healthy ? 'healthy' : '/failed_eds_health'
        return [
          `${host}::cx_active::${endpoint.activeConnections}`,
          `${host}::rq_active::${endpoint.activeRequests}`,
          `${host}::rq_total::${endpoint.requests}`,
          `${host}::rq_error::${endpoint.failures}`,
          `${host}::health_flags::${flags}`,
          `${host}::weight::${endpoint.weight}`,
        ]
      }),
    )
    .map((line) => `${line}\n`)
    .join('')
}
