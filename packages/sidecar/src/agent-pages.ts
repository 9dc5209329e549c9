/** What pilot-agent answers on 15020 and 15021: health, merged metrics, the application's probes, drain. */
import { type Clock } from '@heddle/base'
import { boundPort } from '@heddle/client'
import type { AgentRoutes } from './agent-server.js'
import { runAppProbe } from './app-prober.js'
import type { ProxySettings } from './proxy-settings.js'

export interface AgentSources {
  readonly settings: ProxySettings
  readonly renderMetrics: () => string
  readonly isReady: () => boolean
  readonly drain: () => void
  readonly clock: Clock
}

export function healthRoutes(isReady: () => boolean): AgentRoutes {
  return {
    '/healthz/ready': () => (isReady() ? { status: 200, body: '' } : { status: 503, body: 'no certificate or no configuration yet\n' }),
  }
}

export function agentRoutes(sources: AgentSources): AgentRoutes {
  const { settings, renderMetrics, isReady, drain, clock } = sources
  const target = {
    address: settings.pod?.appAddress ?? '127.0.0.1',
    portOf: (port: number) => (settings.pod ? boundPort(settings.pod.portMap, port) : port),
  }
  const probe = async (path: string) => {
    const prober = settings.probers[path]
    if (!prober) return { status: 404, body: `no probe was recorded for ${path}\n` }
    const answer = await runAppProbe(prober, target, clock)
    return { status: answer.status, body: `${answer.message}\n` }
  }
  const metrics = () => ({ status: 200, body: renderMetrics(), contentType: 'text/plain; version=0.0.4' })
  return {
    ...healthRoutes(isReady),
    '/stats/prometheus': metrics,
    '/metrics': metrics,
    '/app-health/': probe,
    '/app-lifecycle/': probe,
    '/drain': (_path, method) => {
      if (method !== 'POST') return { status: 405, body: 'draining needs POST\n' }
      drain()
      return { status: 200, body: 'OK\n' }
    },
  }
}
