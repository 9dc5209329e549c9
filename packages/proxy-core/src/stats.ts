/** Gauges and totals of the engine, for the admin's `/clusters` and `/listeners` and for tests. */
import type { Snapshot } from './snapshot.js'

export interface EndpointStats {
  readonly address: string
  readonly port: number
  readonly healthy: boolean
  readonly ejected: boolean
  readonly weight: number
  readonly priority: number
  readonly activeRequests: number
  readonly activeConnections: number
  readonly requests: number
  readonly failures: number
}

export interface ClusterStats {
  readonly name: string
  readonly activeRequests: number
  readonly activeConnections: number
  readonly overflows: number
  readonly endpoints: readonly EndpointStats[]
}

export interface ProxyStats {
  readonly downstreamConnections: number
  readonly clusters: readonly ClusterStats[]
}

export function proxyStats(snapshot: Snapshot, downstreamConnections: number): ProxyStats {
  const clusters = [...snapshot.clusters.values()].map((cluster) => ({
    name: cluster.config.name,
    activeRequests: cluster.activeRequests,
    activeConnections: cluster.activeConnections,
    overflows: cluster.overflows,
    endpoints: [...cluster.endpoints].map((endpoint) => ({
      address: endpoint.address,
      port: endpoint.port,
      healthy: endpoint.healthy,
      ejected: endpoint.ejected,
      weight: endpoint.weight,
      priority: endpoint.priority,
      activeRequests: endpoint.activeRequests,
      activeConnections: endpoint.activeConnections,
      requests: endpoint.requests,
      failures: endpoint.failures,
    })),
  }))
  return { downstreamConnections, clusters }
}
