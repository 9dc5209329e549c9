/** envoy.extensions.filters.network.http_connection_manager.v3: how HTTP on one filter chain is read, filtered and routed. */
import type { AccessLog } from './access-log.js'
import type { RouteConfiguration } from './route.js'

export interface HttpConnectionManager {
  readonly statPrefix: string
  /** Absent: AUTO, what TLS agreed on or the first bytes tell. */
  readonly codecType?: 'AUTO' | 'HTTP1' | 'HTTP2'
  readonly routes:
    | { readonly kind: 'rds'; readonly routeConfigName: string }
    | { readonly kind: 'inline'; readonly routeConfiguration: RouteConfiguration }
  /** In order; the last one is the router. */
  readonly httpFilters: readonly HttpFilter[]
  readonly accessLog?: readonly AccessLog[]
  /** True at an edge: the peer's address is the client's and forwarding headers of strangers are not believed. */
  readonly useRemoteAddress?: boolean
  readonly xffNumTrustedHops?: number
  readonly forwardClientCertDetails?: 'SANITIZE' | 'FORWARD_ONLY' | 'APPEND_FORWARD' | 'SANITIZE_SET' | 'ALWAYS_FORWARD_ONLY'
  readonly setCurrentClientCertDetails?: ClientCertDetails
  /** Written as `server:` on every response. Absent: the upstream's passes, and local replies say `envoy`. */
  readonly serverName?: string
  readonly serverHeaderTransformation?: 'OVERWRITE' | 'APPEND_IF_ABSENT' | 'PASS_THROUGH'
  readonly tracing?: Tracing
  readonly upgradeTypes?: readonly string[]
  /** Absent: 5 min (Envoy's default). 0: never. */
  readonly streamIdleTimeoutMs?: number
  /** How long a client may take for one request; 0 or absent: no limit. */
  readonly requestTimeoutMs?: number
  readonly idleTimeoutMs?: number
  /** After so long a connection is drained: over HTTP/1.1 its next answer is the last, over HTTP/2 it says GOAWAY twice. Absent or 0: no limit. */
  readonly maxConnectionDurationMs?: number
  /** A connection is drained with this request. 0: no limit. Absent: 10,000 at an edge (`useRemoteAddress`), else no limit. */
  readonly maxRequestsPerConnection?: number
  /** Absent `acceptHttp10`: what the engine was told (`acceptsHttp10`); Envoy's default is false. */
  readonly httpProtocolOptions?: { readonly acceptHttp10?: boolean; readonly defaultHostForHttp10?: string }
  readonly http2ProtocolOptions?: { readonly maxConcurrentStreams?: number }
  readonly normalizePath?: boolean
  readonly mergeSlashes?: boolean
  readonly pathWithEscapedSlashesAction?: 'KEEP_UNCHANGED' | 'REJECT_REQUEST' | 'UNESCAPE_AND_REDIRECT' | 'UNESCAPE_AND_FORWARD'
  readonly proxy100Continue?: boolean
}

export interface ClientCertDetails {
  readonly subject?: boolean
  readonly uri?: boolean
  readonly dns?: boolean
  readonly cert?: boolean
}

export interface Tracing {
  /** Percentages, 0 to 100. */
  readonly clientSampling: number
  readonly randomSampling: number
  readonly overallSampling: number
  readonly customTags: readonly CustomTag[]
}

export type CustomTag =
  | { readonly kind: 'literal'; readonly tag: string; readonly value: string }
  | { readonly kind: 'request-metadata'; readonly tag: string; readonly filter: string; readonly path: readonly string[] }

export type HttpFilter =
  /** Istio's peer metadata headers (`istio.metadata_exchange` over HTTP): read from and shown to the named side. */
  | { readonly kind: 'peer-metadata'; readonly side: 'downstream' | 'upstream'; readonly propagate: boolean }
  | { readonly kind: 'grpc-stats' }
  /** Istio's ALPN override towards upstreams (`istio.alpn`), unless a cluster's metadata says `istio.alpn_override: "false"`. */
  | { readonly kind: 'alpn' }
  | { readonly kind: 'fault' }
  | { readonly kind: 'cors' }
  | { readonly kind: 'stats'; readonly disableHostHeaderFallback?: boolean }
  | { readonly kind: 'router' }
