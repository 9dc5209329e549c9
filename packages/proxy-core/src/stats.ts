/** Gauges and totals of the engine, for the admin's `/clusters` and `/listeners` and for tests. */
export interface EndpointStats {
  readonly address: string
  readonly port: number
  readonly healthy: boolean
  /** Used only for what the others cannot take. */
  readonly degraded: boolean
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
