/** Refused resources as metrics: Envoy's counters of refused updates, and how many resources are not in force now. */
import type { ApplyIssue, MetricRegistry } from '@heddle/proxy-core'
import type { DataPlane } from '../engine/data-plane.js'

export interface RefusalMetrics {
  /** One configuration was applied without these. */
  count(issues: readonly ApplyIssue[]): void
}

/** Envoy's `listener_manager.lds.update_rejected` and so on, as it names them for Prometheus. */
const counterNames: Readonly<Record<ApplyIssue['kind'], string>> = {
  listener: 'envoy_listener_manager_lds_update_rejected',
  'route configuration': 'envoy_http_rds_update_rejected',
  cluster: 'envoy_cluster_manager_cds_update_rejected',
}

export function createRefusalMetrics(registry: MetricRegistry, dataPlane: Pick<DataPlane, 'refused'>): RefusalMetrics {
  registry.gauge('heddle_refused_resources', '', () => dataPlane.refused().length)
  for (const name of Object.values(counterNames)) registry.counter(name, '')
  return {
    count(issues) {
      for (const kind of new Set(issues.map((issue) => issue.kind))) registry.counter(counterNames[kind], '').value++
    },
  }
}
