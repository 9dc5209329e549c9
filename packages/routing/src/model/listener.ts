/** envoy.config.listener.v3: where connections come in and which chain of filters each of them meets. */
import type { AccessLog } from './access-log.js'
import type { PortRange, SocketAddress } from './address.js'
import type { HttpConnectionManager } from './http-connection-manager.js'
import type { Metadata } from './metadata.js'
import type { WeightedCluster } from './route.js'
import type { DownstreamTlsContext } from './tls-context.js'

export type TrafficDirection = 'inbound' | 'outbound' | 'unspecified'

export interface Listener {
  readonly name: string
  readonly address: SocketAddress
  readonly trafficDirection: TrafficDirection
  /** False: no socket; reached through a listener with `useOriginalDst`. Absent: true. */
  readonly bindToPort?: boolean
  /** Hands each connection to the listener whose address is its original destination, or keeps it when there is none. */
  readonly useOriginalDst?: boolean
  readonly listenerFilters?: readonly ListenerFilter[]
  /** How long listener filters may wait for bytes; 0 is for ever. Absent: 15 s (Envoy's default). */
  readonly listenerFiltersTimeoutMs?: number
  readonly continueOnListenerFiltersTimeout?: boolean
  readonly filterChains: readonly FilterChain[]
  /** Used when no chain matches. Absent: the connection is closed. */
  readonly defaultFilterChain?: FilterChain
  /** Records of connections that end before a chain is chosen or without one. */
  readonly accessLog?: readonly AccessLog[]
  /**
   * Bytes that wait for the client of a connection before the upstream is read no further, and before it is read again half as
   * many. One read of up to 64 KiB may come on top. Absent or 0: the engine's own.
   */
  readonly perConnectionBufferLimitBytes?: number
  /** envoy.config.listener.v3.Listener.max_connections_to_accept_per_socket_event. */
  readonly maxConnectionsToAcceptPerSocketEvent?: number
}

export interface ListenerFilter {
  /** `proxy-protocol`: the client's addresses come in a PROXY header, version 1 or 2. */
  readonly kind: 'original-dst' | 'tls-inspector' | 'http-inspector' | 'proxy-protocol'
  /** Destination ports on which the filter does not run. */
  readonly disabledOnPorts?: readonly PortRange[]
  /** Of `proxy-protocol`: connections without a header are served too (Envoy's `allow_requests_without_proxy_protocol`). */
  readonly allowsPlain?: boolean
  /** Of `proxy-protocol`: whose header is believed; from others it is no header but data. Absent: everybody's, as in Envoy. */
  readonly trustedSources?: readonly CidrRange[]
}

export interface FilterChain {
  readonly name?: string
  readonly match?: FilterChainMatch
  /** Absent: plaintext. */
  readonly tls?: DownstreamTlsContext
  /** In order; the last one is a connection manager or a TCP proxy. */
  readonly filters: readonly NetworkFilter[]
  readonly transportSocketConnectTimeoutMs?: number
  readonly metadata?: Metadata
}

/** Every field that is present must hold. At each of them, in Envoy's order (this one), the most specific chains go on. */
export interface FilterChainMatch {
  readonly destinationPort?: number
  /** CIDR blocks of the destination address. */
  readonly prefixRanges?: readonly CidrRange[]
  /** Exact names, or `*.suffix`. */
  readonly serverNames?: readonly string[]
  readonly transportProtocol?: 'tls' | 'raw_buffer'
  readonly applicationProtocols?: readonly string[]
  /** CIDR blocks of the address that the connection came from, whatever a PROXY header says. */
  readonly directSourcePrefixRanges?: readonly CidrRange[]
  /** `local`: from a loopback address, or from the destination's own. Absent: any. */
  readonly sourceType?: 'local' | 'external'
  readonly sourcePrefixRanges?: readonly CidrRange[]
  readonly sourcePorts?: readonly number[]
}

export interface CidrRange {
  readonly addressPrefix: string
  readonly prefixLength: number
}

export type NetworkFilter =
  | { readonly kind: 'http-connection-manager'; readonly manager: HttpConnectionManager }
  | { readonly kind: 'tcp-proxy'; readonly proxy: TcpProxy }
  /** Istio's peer metadata over TCP (`istio.metadata_exchange`). */
  | { readonly kind: 'metadata-exchange' }
  /** Istio's metrics (`istio.stats`); the engine has them built in. */
  | { readonly kind: 'stats'; readonly disableHostHeaderFallback?: boolean }

/** envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy. */
export interface TcpProxy {
  readonly statPrefix: string
  readonly target:
    | { readonly kind: 'cluster'; readonly cluster: string }
    | { readonly kind: 'weighted-clusters'; readonly clusters: readonly WeightedCluster[] }
  /** Absent: 1 h. 0: never. */
  readonly idleTimeoutMs?: number
  /** Endpoints tried before the connection is given up. Absent: 1. */
  readonly maxConnectAttempts?: number
  /** How long a connection may last at all. Absent: for ever. */
  readonly maxConnectionDurationMs?: number
  /** Connections of one client go to one endpoint, where the cluster balances by hash (`hash_policy: source_ip`). */
  readonly hashesSourceIp?: boolean
  readonly accessLog?: readonly AccessLog[]
}
