/** Limits that count what is open at once hold for the whole proxy, so each of its workers gets a part of them. */
import type { ProxyConfig } from '@heddle/routing'

/** Never 0: that would refuse everything. */
export function limitShare(limit: number, workers: number): number {
  return Math.ceil(limit / workers)
}

/** The configuration as one of so many workers is to hold it: circuit breakers divided. */
export function configShare(config: ProxyConfig, workers: number): ProxyConfig {
  return {
    ...config,
    clusters: config.clusters.map((cluster) => {
      const { circuitBreakers } = cluster
      if (circuitBreakers === undefined) return cluster
      const shares = Object.entries(circuitBreakers).map(([name, limit]) => [
        name,
        typeof limit === 'number' ? limitShare(limit, workers) : limit,
      ])
      return { ...cluster, circuitBreakers: Object.fromEntries(shares) as typeof circuitBreakers }
    }),
  }
}
