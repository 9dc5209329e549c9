/** envoy.config.route.v3: from a request's authority and head to what happens to it. */
import type { HeaderMatcher, QueryParameterMatcher, StringMatcher } from './matcher.js'
import type { Metadata } from './metadata.js'

export interface RouteConfiguration {
  readonly name: string
  readonly virtualHosts: readonly VirtualHost[]
  readonly ignorePortInHostMatching?: boolean
  readonly maxDirectResponseBodySizeBytes?: number
}

export interface VirtualHost {
  readonly name: string
  /** Exact, `*.suffix`, `prefix.*` or `*`; compared without case. */
  readonly domains: readonly string[]
  /** The first that matches decides. */
  readonly routes: readonly Route[]
  /** Plaintext requests are redirected to https. */
  readonly requireTls?: 'ALL' | 'EXTERNAL_ONLY'
  /** Adds `x-envoy-attempt-count` to requests. */
  readonly includeRequestAttemptCount?: boolean
}

export interface Route {
  readonly name?: string
  readonly match: RouteMatch
  readonly action: RouteAction | RedirectAction | DirectResponseAction
  /** Decorator operation: the name of the span. */
  readonly operation?: string
  readonly metadata?: Metadata
  readonly headers?: HeaderMutations
  readonly fault?: FaultInjection
  readonly cors?: CorsPolicy
}

export interface RouteMatch {
  readonly path: PathMatcher
  /** Absent: true. Not for `regex`. */
  readonly caseSensitive?: boolean
  readonly headers?: readonly HeaderMatcher[]
  readonly queryParameters?: readonly QueryParameterMatcher[]
}

export type PathMatcher =
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'path'; readonly value: string }
  /** RE2 over the path without query. */
  | { readonly kind: 'regex'; readonly value: string }
  | { readonly kind: 'path-separated-prefix'; readonly value: string }
  /** CONNECT, which has no path; no other matcher matches it. */
  | { readonly kind: 'connect' }

export interface HeaderMutations {
  readonly requestAdd?: readonly HeaderValueOption[]
  readonly requestRemove?: readonly string[]
  readonly responseAdd?: readonly HeaderValueOption[]
  readonly responseRemove?: readonly string[]
}

export interface HeaderValueOption {
  readonly key: string
  /** May hold command operators such as `%DOWNSTREAM_REMOTE_ADDRESS%`. */
  readonly value: string
  readonly append: 'APPEND_IF_EXISTS_OR_ADD' | 'ADD_IF_ABSENT' | 'OVERWRITE_IF_EXISTS_OR_ADD' | 'OVERWRITE_IF_EXISTS'
}

export interface RouteAction {
  readonly kind: 'route'
  readonly target: RouteTarget
  /** From the end of the request to the end of the response, all tries; 0: none. Absent: 15 s (Envoy's default). */
  readonly timeoutMs?: number
  readonly maxGrpcTimeoutMs?: number
  readonly maxStreamDuration?: { readonly maxStreamDurationMs?: number; readonly grpcTimeoutHeaderMaxMs?: number }
  readonly retryPolicy?: RetryPolicy
  readonly prefixRewrite?: string
  readonly regexRewrite?: { readonly regex: string; readonly substitution: string }
  readonly hostRewriteLiteral?: string
  readonly autoHostRewrite?: boolean
  readonly hashPolicy?: readonly HashPolicy[]
  readonly mirrors?: readonly MirrorPolicy[]
  /** For upgrades of this route, in place of what the connection manager says to them. */
  readonly upgrades?: readonly UpgradePolicy[]
}

/** envoy.config.route.v3.RouteAction.UpgradeConfig. */
export interface UpgradePolicy {
  /** A protocol of `Upgrade`, without case, or `CONNECT`. */
  readonly type: string
  /** Absent: true. */
  readonly enabled?: boolean
  /** Of `CONNECT`: the bytes of the tunnel go to the endpoint as they are (`connect_config`). Absent: the CONNECT itself is forwarded. */
  readonly terminatesConnect?: boolean
}

export type RouteTarget =
  | { readonly kind: 'cluster'; readonly cluster: string }
  | { readonly kind: 'weighted-clusters'; readonly clusters: readonly WeightedCluster[] }

export interface WeightedCluster {
  readonly name: string
  readonly weight: number
  readonly headers?: HeaderMutations
  readonly hostRewriteLiteral?: string
  readonly metadata?: Metadata
}

export interface RetryPolicy {
  /** Envoy's conditions, comma separated. */
  readonly retryOn: string
  /** Absent: 1. */
  readonly numRetries?: number
  readonly perTryTimeoutMs?: number
  readonly retriableStatusCodes?: readonly number[]
  /** Whether tries avoid hosts that were tried. */
  readonly previousHosts?: boolean
  readonly hostSelectionRetryMaxAttempts?: number
  readonly previousPriorities?: { readonly updateFrequency: number }
  readonly backOff?: { readonly baseIntervalMs: number; readonly maxIntervalMs?: number }
}

export type HashPolicy =
  | { readonly kind: 'header'; readonly headerName: string }
  | { readonly kind: 'cookie'; readonly name: string; readonly path?: string; readonly ttlMs?: number }
  | { readonly kind: 'source-ip' }
  | { readonly kind: 'query-parameter'; readonly name: string }

export interface MirrorPolicy {
  readonly cluster: string
  readonly fraction?: FractionalPercent
  readonly traceSampled?: boolean
  readonly disableShadowHostSuffixAppend?: boolean
}

export interface FractionalPercent {
  readonly numerator: number
  readonly denominator: 'HUNDRED' | 'TEN_THOUSAND' | 'MILLION'
}

export interface RedirectAction {
  readonly kind: 'redirect'
  readonly schemeRedirect?: string
  readonly hostRedirect?: string
  readonly portRedirect?: number
  readonly pathRedirect?: string
  readonly prefixRewrite?: string
  readonly regexRewrite?: { readonly regex: string; readonly substitution: string }
  readonly stripQuery?: boolean
  /** Absent: 301. */
  readonly responseCode?: 301 | 302 | 303 | 307 | 308
}

export interface DirectResponseAction {
  readonly kind: 'direct-response'
  readonly status: number
  readonly body?: { readonly text: string } | { readonly base64: string }
}

/** envoy.extensions.filters.http.fault.v3.HTTPFault: the delay comes before the abort. */
export interface FaultInjection {
  readonly delay?: {
    /** Absent: the client says it, in milliseconds, with `x-envoy-fault-delay-request` (Envoy's `header_delay`). */
    readonly fixedDelayMs?: number
    readonly percentage: FractionalPercent
  }
  readonly abort?: {
    /** Without either status the client says it with `x-envoy-fault-abort-request` or `x-envoy-fault-abort-grpc-request`. */
    readonly httpStatus?: number
    readonly grpcStatus?: number
    readonly percentage: FractionalPercent
  }
  /** Only requests on which all of them hold. */
  readonly headers?: readonly HeaderMatcher[]
  /** Requests of one connection manager that have a fault at the same time; others have none. Absent: no limit. */
  readonly maxActiveFaults?: number
}

export interface CorsPolicy {
  readonly allowOrigins: readonly StringMatcher[]
  readonly allowMethods?: string
  readonly allowHeaders?: string
  readonly exposeHeaders?: string
  readonly maxAge?: string
  readonly allowCredentials?: boolean
  readonly forwardNotMatchingPreflights?: boolean
  /** Percentage of requests the policy is enforced on. */
  readonly filterEnabled?: FractionalPercent
}
