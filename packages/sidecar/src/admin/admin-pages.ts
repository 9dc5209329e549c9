/** Envoy's admin interface, as far as istioctl, Prometheus and people use it: `/config_dump`, `/clusters`, `/listeners`, ... */
import type { Clock } from '@heddle/base'
import type { SecretSource } from '@heddle/routing'
import { drainAnswer } from '../agent/agent-pages.js'
import type { AgentAnswer, AgentRoutes } from '../agent/agent-server.js'
import { configDump } from './config-dump.js'
import type { DataPlane, DataPlaneView } from '../engine/data-plane.js'
import { type SecretRow, secretRows } from './secret-rows.js'

export interface AdminSources {
  readonly dataPlane: DataPlane
  readonly secrets: SecretSource
  readonly secretNames: () => readonly string[]
  readonly renderMetrics: () => Promise<string>
  readonly isReady: () => boolean
  readonly drain: () => void
  readonly version: string
  readonly clock: Clock
}

export function adminRoutes(sources: AdminSources): AgentRoutes {
  const { dataPlane, renderMetrics, isReady, drain, clock, secrets } = sources
  const rows = (): readonly SecretRow[] => sources.secretNames().flatMap((name) => secretRows(secrets, name, clock.now()))
  return {
    '/': () =>
      text(
        `${['/config_dump', '/clusters', '/listeners', '/stats/prometheus', '/ready', '/server_info', '/certs', '/drain'].join('\n')}\n`,
      ),
    '/config_dump': async () => json(configDump(await dataPlane.view(), rows())),
    '/clusters': async () => text(clustersText(await dataPlane.view())),
    '/listeners': async () => text(listenersText(await dataPlane.view())),
    '/stats/prometheus': async () => ({ status: 200, body: await renderMetrics(), contentType: 'text/plain; version=0.0.4' }),
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
function listenersText({ listeners, refused }: DataPlaneView): string {
  const bound = listeners.map(({ name, address, port }) => `${name}::${address}:${port}\n`)
  const unbound = refused.filter(({ kind }) => kind === 'listener')
  return [...bound, ...unbound.map(({ name, message }) => `${name}::refused::${message}\n`)].join('')
}

function clustersText({ stats }: DataPlaneView): string {
  return stats.clusters
    .flatMap(({ name, endpoints }) =>
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
