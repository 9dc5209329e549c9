/** Reads the gauges and totals off the running parts. */
import type { Endpoint } from './endpoint/endpoint.js'
import type { Snapshot } from './config/snapshot.js'
import type { EndpointStats, ProxyStats } from './stats.js'

export function proxyStats(snapshot: Snapshot, downstreamConnections: number): ProxyStats {
  const clusters = [...snapshot.clusters.values()].map((cluster) => ({
    name: cluster.config.name,
    activeRequests: cluster.activeRequests,
    activeConnections: cluster.activeConnections,
    overflows: cluster.overflows,
    endpoints: [...cluster.endpoints].map(endpointStats),
  }))
  return { downstreamConnections, clusters }
}

export function endpointStats(endpoint: Endpoint): EndpointStats {
  const { address, port, healthy, degraded, ejected, weight, priority, activeRequests, activeConnections, requests, failures } = endpoint
  return { address, port, healthy, degraded, ejected, weight, priority, activeRequests, activeConnections, requests, failures }
}
