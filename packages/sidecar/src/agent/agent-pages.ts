/** What pilot-agent answers on 15020 and 15021: health, merged metrics, the application's probes, drain. */
import { type Clock } from '@heddle/base'
import { boundPort } from '@heddle/client'
import type { AgentAnswer, AgentRequest, AgentRoutes } from './agent-server.js'
import { runAppProbe } from './app-prober.js'
import type { ProxySettings } from '../settings/proxy-settings.js'

export interface AgentSources {
  readonly settings: ProxySettings
  readonly renderMetrics: () => Promise<string>
  readonly isReady: () => boolean
  readonly drain: () => void
  readonly clock: Clock
}

export function healthRoutes(isReady: () => boolean): AgentRoutes {
  return {
    '/healthz/ready': () => (isReady() ? { status: 200, body: '' } : { status: 503, body: 'no certificate or no configuration yet\n' }),
  }
}

export function prometheusRoutes(renderMetrics: () => Promise<string>): AgentRoutes {
  const metrics = async (): Promise<AgentAnswer> => ({
    status: 200,
    body: await renderMetrics(),
    contentType: 'text/plain; version=0.0.4',
  })
  return { '/stats/prometheus': metrics, '/metrics': metrics }
}

/** Only the Pod itself may end its proxy, as with pilot-agent. */
export function drainAnswer({ method, isLocal }: AgentRequest, drain: () => void): AgentAnswer {
  if (method !== 'POST') return { status: 405, body: 'draining needs POST\n' }
  if (!isLocal) return { status: 403, body: 'only callers in the Pod may drain it\n' }
  drain()
  return { status: 200, body: 'OK\n' }
}

export function agentRoutes(sources: AgentSources): AgentRoutes {
  const { settings, renderMetrics, isReady, drain, clock } = sources
  const target = {
    address: settings.pod?.appAddress ?? '127.0.0.1',
    portOf: (port: number) => (settings.pod ? boundPort(settings.pod.portMap, port) : port),
  }
  const probe = async ({ path }: AgentRequest): Promise<AgentAnswer> => {
    const prober = settings.probers[path]
    if (!prober) return { status: 404, body: `no probe was recorded for ${path}\n` }
    const answer = await runAppProbe(prober, target, clock)
    return { status: answer.status, body: `${answer.message}\n` }
  }
  return {
    ...healthRoutes(isReady),
    ...prometheusRoutes(renderMetrics),
    '/app-health/': probe,
    '/app-lifecycle/': probe,
    '/drain': (request) => drainAnswer(request, drain),
  }
}
