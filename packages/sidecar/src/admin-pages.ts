/** Envoy's admin interface, as far as istioctl, Prometheus and people use it: `/config_dump`, `/clusters`, `/listeners`, ... */
import type { Clock } from '@heddle/base'
import type { Proxy } from '@heddle/proxy-core'
import type { SecretSource } from '@heddle/routing'
import { drainAnswer } from './agent-pages.js'
import type { AgentAnswer, AgentRoutes } from './agent-server.js'
import { configDump } from './config-dump.js'
import { type SecretRow, secretRows } from './secret-rows.js'

export interface AdminSources {
  readonly proxy: Proxy
  readonly secrets: SecretSource
  readonly secretNames: () => readonly string[]
  readonly renderMetrics: () => string
  readonly isReady: () => boolean
  readonly drain: () => void
  readonly version: string
  readonly clock: Clock
}

export function adminRoutes(sources: AdminSources): AgentRoutes {
  const { proxy, renderMetrics, isReady, drain, clock, secrets } = sources
  const rows = (): readonly SecretRow[] => sources.secretNames().flatMap((name) => secretRows(secrets, name, clock.now()))
  return {
    '/': () =>
      text(
        `${['/config_dump', '/clusters', '/listeners', '/stats/prometheus', '/ready', '/server_info', '/certs', '/drain'].join('\n')}\n`,
      ),
    '/config_dump': () => json(configDump(proxy, rows())),
    '/clusters': () => text(clustersText(proxy)),
    '/listeners': () => text(listenersText(proxy)),
    '/stats/prometheus': () => ({ status: 200, body: renderMetrics(), contentType: 'text/plain; version=0.0.4' }),
    '/ready': () => (isReady() ? text('LIVE\n') : { status: 503, body: 'INITIALIZING\n' }),
    '/server_info': () => json({ version: `heddle/${sources.version}`, state: isReady() ? 'LIVE' : 'INITIALIZING' }),
    '/certs': () => json({ certificates: rows() }),
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

/** Addresses that are open, and what of the configuration is not. */
function listenersText(proxy: Proxy): string {
  const bound = proxy.listeners().map(({ name, address, port }) => `${name}::${address}:${port}\n`)
  const refused = proxy.refused().filter(({ kind }) => kind === 'listener')
  return [...bound, ...refused.map(({ name, message }) => `${name}::refused::${message}\n`)].join('')
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
