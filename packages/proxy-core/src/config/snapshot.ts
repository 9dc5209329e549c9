/** One configuration, compiled: what every part of the path looks things up in. Replaced as a whole by `apply`. */
import type { ClusterLoadAssignment, ProxyConfig } from '@heddle/routing'
import type { ClusterRuntime } from '../cluster/cluster-runtime.js'
import type { ListenerRuntime } from '../listener/listener-runtime.js'
import type { RouteSet } from '../router/route-set.js'

export interface Snapshot {
  readonly config: ProxyConfig
  readonly listeners: ReadonlyMap<string, ListenerRuntime>
  /** `ADDRESS:PORT` of listeners that are reached by handing over. */
  readonly byAddress: ReadonlyMap<string, ListenerRuntime>
  readonly routes: ReadonlyMap<string, RouteSet>
  readonly clusters: ReadonlyMap<string, ClusterRuntime>
  readonly assignments: ReadonlyMap<string, ClusterLoadAssignment>
}
