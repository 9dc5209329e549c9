/** envoy.config.cluster.v3: a named group of upstream endpoints and how to talk to them. */
import type { ClusterLoadAssignment } from './endpoint.js'
import type { Metadata } from './metadata.js'
import type { UpstreamTransportSocket } from './tls-context.js'

export type ClusterType = 'EDS' | 'STATIC' | 'STRICT_DNS' | 'LOGICAL_DNS' | 'ORIGINAL_DST'

export type LbPolicy = 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'RANDOM' | 'RING_HASH' | 'MAGLEV' | 'CLUSTER_PROVIDED'

export interface Cluster {
  readonly name: string
  readonly type: ClusterType
  /** The name under which its endpoints come; the cluster's own when absent. */
  readonly edsServiceName?: string
  /** Endpoints of STATIC and DNS clusters. */
  readonly loadAssignment?: ClusterLoadAssignment
  readonly altStatName?: string
  /** Absent: 5 s (Envoy's default). Includes the TLS handshake. */
  readonly connectTimeoutMs?: number
  /** Bytes that wait for an upstream before the client is read no further, as at a listener. Absent or 0: the engine's own. */
  readonly perConnectionBufferLimitBytes?: number
  /** Absent: ROUND_ROBIN. */
  readonly lbPolicy?: LbPolicy
  readonly ringHash?: { readonly minimumRingSize?: number; readonly maximumRingSize?: number }
  readonly maglev?: { readonly tableSize: number }
  readonly leastRequest?: { readonly choiceCount?: number }
  readonly slowStart?: { readonly windowMs: number }
  readonly commonLb?: CommonLbConfig
  readonly circuitBreakers?: CircuitBreakerThresholds
  readonly outlierDetection?: OutlierDetection
  /** One transport for every endpoint. Absent together with `transportSocketMatches`: plaintext. */
  readonly transportSocket?: UpstreamTransportSocket
  /** The first whose `match` holds on the endpoint's `envoy.transport_socket_match` metadata. */
  readonly transportSocketMatches?: readonly TransportSocketMatch[]
  /** Absent: HTTP/1.1 with Envoy's defaults. */
  readonly http?: UpstreamHttpOptions
  /** Local address that connections bind. */
  readonly sourceAddress?: string
  readonly tcpKeepalive?: { readonly probes?: number; readonly timeSeconds?: number; readonly intervalSeconds?: number }
  /** Whether Istio's TCP metadata exchange runs towards upstreams. */
  readonly metadataExchange?: boolean
  readonly dns?: {
    readonly lookupFamily?: 'AUTO' | 'V4_ONLY' | 'V6_ONLY' | 'V4_PREFERRED' | 'ALL'
    readonly refreshRateMs?: number
    readonly jitterMs?: number
    readonly respectTtl?: boolean
  }
  readonly cleanupIntervalMs?: number
  readonly metadata?: Metadata
}

export interface CommonLbConfig {
  /** Percent of healthy hosts below which health is ignored; 0: never. Absent: 50. */
  readonly healthyPanicThreshold?: number
  /** `locality_weighted_lb_config` present. */
  readonly localityWeighted?: boolean
}

export interface CircuitBreakerThresholds {
  readonly maxConnections?: number
  readonly maxPendingRequests?: number
  readonly maxRequests?: number
  /** Absent: 3. Without effect beside `retryBudget`. */
  readonly maxRetries?: number
  /** Retries at a time, as a share of the requests that are active. */
  readonly retryBudget?: {
    /** Absent: 20. */
    readonly percent?: number
    /** So many are always allowed. Absent: 3. */
    readonly minConcurrency?: number
  }
  readonly trackRemaining?: boolean
}

export interface OutlierDetection {
  readonly consecutive5xx?: number
  readonly consecutiveGatewayFailure?: number
  readonly consecutiveLocalOriginFailure?: number
  readonly splitExternalLocalOriginErrors?: boolean
  readonly intervalMs?: number
  readonly baseEjectionTimeMs?: number
  readonly maxEjectionPercent?: number
  /** Percentages, 0 to 100. */
  readonly enforcingConsecutive5xx?: number
  readonly enforcingConsecutiveGatewayFailure?: number
  readonly enforcingConsecutiveLocalOriginFailure?: number
  readonly enforcingSuccessRate?: number
}

export interface TransportSocketMatch {
  readonly name: string
  /** Empty: matches every endpoint. */
  readonly match: Readonly<Record<string, string>>
  readonly transportSocket: UpstreamTransportSocket
}

/** envoy.extensions.upstreams.http.v3.HttpProtocolOptions. */
export interface UpstreamHttpOptions {
  /** Absent: only the common options are set. */
  readonly protocol?: 'http1' | 'http2' | 'use-downstream' | 'auto'
  readonly idleTimeoutMs?: number
  /** After so long a connection takes no new requests and ends with the last one. Absent or 0: no limit. */
  readonly maxConnectionDurationMs?: number
  readonly maxRequestsPerConnection?: number
  readonly maxConcurrentStreams?: number
  /** A PING to the upstream after so long a silence, and how long its answer may take. */
  readonly http2KeepAlive?: { readonly intervalMs: number; readonly timeoutMs: number }
  readonly autoSni?: boolean
  readonly autoSanValidation?: boolean
}
