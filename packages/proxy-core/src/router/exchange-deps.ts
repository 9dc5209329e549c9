/** What one request needs from the rest of the engine; the data path wires it. */
import type { Clock, Logger, Random } from '@heddle/base'
import type { HttpConnectionManager } from '@heddle/routing'
import type { UpstreamStream } from '../codec/stream.js'
import type { ClusterRuntime } from '../cluster/cluster-runtime.js'
import type { DeadlineQueue } from '../deadline-queue.js'
import type { DownstreamConnection } from '../decision-record.js'
import type { Endpoint } from '../endpoint/endpoint.js'
import type { StreamWaiter } from '../endpoint/http-pool.js'
import type { HttpFilterSet } from '../filters/http-filter.js'
import type { RouteFilterKind } from '../filters/route-filters.js'
import type { RequestIds } from '../filters/forwarding-headers.js'
import type { Hash64 } from '../message/xxhash64.js'
import type { Telemetry } from '../telemetry.js'
import type { MirrorLoad } from './mirror.js'
import type { RouteSet } from './route-set.js'

/** A connection manager at work. */
export interface ManagerRuntime {
  readonly config: HttpConnectionManager
  /** Undefined while the route configuration has not come. */
  routes(): RouteSet | undefined
  /** Whether Istio's ALPN override is among the filters. */
  readonly overridesAlpn: boolean
  readonly activeRequests: { count: number; total: number }
  /** Those of its filters that routes configure, in order. */
  readonly routeFilters: readonly RouteFilterKind[]
  /** Requests that have a fault injected. */
  readonly activeFaults: { count: number }
}

export interface ExchangeDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly deadlines: DeadlineQueue
  readonly telemetry: Telemetry
  readonly ids: RequestIds
  readonly filters: HttpFilterSet
  readonly mirrors: MirrorLoad
  /** Whether the TLS of a connection that was chosen by its server name is not that of a host. */
  isMisdirected(connection: DownstreamConnection, host: string): boolean
  cluster(name: string): ClusterRuntime | undefined
  pickEndpoint(cluster: ClusterRuntime, connection: DownstreamConnection, hash: Hash64 | undefined): Endpoint | undefined
  /** A stream at once, or later through the waiter. */
  acquireStream(
    cluster: ClusterRuntime,
    endpoint: Endpoint,
    manager: ManagerRuntime,
    waiter: StreamWaiter,
    fresh: boolean,
  ): UpstreamStream | undefined
  cancelStream(endpoint: Endpoint, waiter: StreamWaiter): void
  /** Bytes of a request's body that are kept while no upstream takes them, and for retries. */
  readonly maxBufferedBytes: number
}
