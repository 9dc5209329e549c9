/** The engine as the agent sees it: serving in this process, or in several of which this one is the primary. */
import type { ApplyResult, BoundListener, IstioTelemetry, Proxy, ProxyStats, RefusedResource } from '@heddle/proxy-core'
import type { ProxyConfig } from '@heddle/routing'

/** What pages and metrics show. Plain data: it may come from another process. */
export interface DataPlaneView {
  readonly stats: ProxyStats
  /** In force; refused resources in their last good version. */
  readonly config: ProxyConfig
  readonly refused: readonly RefusedResource[]
  readonly listeners: readonly BoundListener[]
}

export interface DataPlane {
  /** @throws HEDDLE_PROXY_LISTEN, HEDDLE_PROXY_WORKER */
  start(): Promise<void>
  /** In force everywhere when it resolves. */
  apply(config: ProxyConfig): Promise<ApplyResult>
  drain(options: { readonly deadlineMs: number }): Promise<void>
  view(): Promise<DataPlaneView>
  /** In Prometheus' text format. */
  metrics(): Promise<string>
  /** What of the newest configuration is not in force. */
  refused(): readonly RefusedResource[]
}

export function createLocalDataPlane(proxy: Proxy, telemetry: IstioTelemetry): DataPlane {
  return {
    start: () => proxy.start(),
    apply: (config) => proxy.apply(config),
    async drain(options) {
      await proxy.drain(options)
      telemetry.close()
    },
    view: () => Promise.resolve(viewOf(proxy)),
    metrics: () => Promise.resolve(telemetry.registry.render()),
    refused: () => proxy.refused(),
  }
}

export function viewOf(proxy: Proxy): DataPlaneView {
  return { stats: proxy.stats(), config: proxy.configDump(), refused: proxy.refused(), listeners: proxy.listeners() }
}
