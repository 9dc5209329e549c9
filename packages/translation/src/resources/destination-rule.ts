/** networking.istio.io DestinationRule, as far as translation reads it; every served version has this shape. */
import type { ObjectMeta } from './kubernetes.js'

export interface ClientTlsSettings {
  readonly mode?: 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL'
  readonly clientCertificate?: string
  readonly privateKey?: string
  readonly caCertificates?: string
  readonly caCrl?: string
  readonly credentialName?: string
  readonly subjectAltNames?: readonly string[]
  readonly sni?: string
  readonly insecureSkipVerify?: boolean | null
}

export interface ConsistentHash {
  readonly httpHeaderName?: string
  readonly httpCookie?: { readonly name: string; readonly path?: string; readonly ttl?: string }
  readonly useSourceIp?: boolean
  readonly httpQueryParameterName?: string
  readonly ringHash?: { readonly minimumRingSize?: number }
  readonly maglev?: { readonly tableSize?: number }
  readonly minimumRingSize?: number
}

export interface LocalityLbSetting {
  readonly enabled?: boolean | null
  readonly distribute?: readonly { readonly from?: string; readonly to?: Readonly<Record<string, number>> }[]
  readonly failover?: readonly { readonly from?: string; readonly to?: string }[]
  readonly failoverPriority?: readonly string[]
}

export interface LoadBalancerSettings {
  readonly simple?: 'UNSPECIFIED' | 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'RANDOM' | 'PASSTHROUGH' | 'LEAST_CONN'
  readonly consistentHash?: ConsistentHash
  readonly localityLbSetting?: LocalityLbSetting
  readonly warmup?: { readonly duration?: string; readonly minimumPercent?: number | null; readonly aggression?: number | null }
  readonly warmupDurationSecs?: string
}

export interface ConnectionPoolSettings {
  readonly tcp?: {
    readonly maxConnections?: number
    readonly connectTimeout?: string
    readonly idleTimeout?: string
    readonly maxConnectionDuration?: string
    readonly tcpKeepalive?: { readonly probes?: number; readonly time?: string; readonly interval?: string }
  }
  readonly http?: {
    readonly http1MaxPendingRequests?: number
    readonly http2MaxRequests?: number
    readonly maxRequestsPerConnection?: number
    readonly maxRetries?: number
    readonly idleTimeout?: string
    readonly h2UpgradePolicy?: 'DEFAULT' | 'DO_NOT_UPGRADE' | 'UPGRADE'
    readonly useClientProtocol?: boolean
    readonly maxConcurrentStreams?: number
    readonly http2KeepAlive?: { readonly interval?: string; readonly timeout?: string }
  }
}

export interface OutlierDetectionSettings {
  readonly consecutive5xxErrors?: number | null
  readonly consecutiveErrors?: number
  readonly consecutiveGatewayErrors?: number | null
  readonly consecutiveLocalOriginFailures?: number | null
  readonly splitExternalLocalOriginErrors?: boolean
  readonly interval?: string
  readonly baseEjectionTime?: string
  readonly maxEjectionPercent?: number
  readonly minHealthPercent?: number
}

export interface TrafficPolicyOverrides {
  readonly loadBalancer?: LoadBalancerSettings
  readonly connectionPool?: ConnectionPoolSettings
  readonly outlierDetection?: OutlierDetectionSettings
  readonly tls?: ClientTlsSettings
}

/** What a port's own settings cannot replace. */
export interface WholePolicy extends TrafficPolicyOverrides {
  readonly proxyProtocol?: { readonly version?: 'V1' | 'V2' }
  readonly retryBudget?: { readonly percent?: number | null; readonly minRetryConcurrency?: number | null }
}

export interface TrafficPolicy extends WholePolicy {
  /** Each REPLACES the settings of the whole policy for its port; fields are not merged. */
  readonly portLevelSettings?: readonly ({ readonly port?: { readonly number?: number } } & TrafficPolicyOverrides)[]
}

export interface Subset {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly trafficPolicy?: TrafficPolicy
}

export interface DestinationRule {
  readonly apiVersion?: string
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly host: string
    readonly trafficPolicy?: TrafficPolicy
    readonly subsets?: readonly Subset[]
    readonly exportTo?: readonly string[]
    readonly workloadSelector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  }
}
