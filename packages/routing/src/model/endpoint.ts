/** envoy.config.endpoint.v3: where a cluster's upstreams are. */
import type { SocketAddress } from './address.js'
import type { Metadata } from './metadata.js'

export interface ClusterLoadAssignment {
  readonly clusterName: string
  readonly localities: readonly LocalityLbEndpoints[]
}

export interface LocalityLbEndpoints {
  readonly locality?: { readonly region?: string; readonly zone?: string; readonly subZone?: string }
  readonly endpoints: readonly LbEndpoint[]
  readonly loadBalancingWeight?: number
  /** 0 is the highest. Absent: 0. */
  readonly priority?: number
}

export interface LbEndpoint {
  readonly address: SocketAddress
  readonly hostname?: string
  readonly healthStatus?: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY' | 'DRAINING' | 'TIMEOUT' | 'DEGRADED'
  readonly loadBalancingWeight?: number
  readonly metadata?: Metadata
}
