/**
 * The configuration of one proxy, in Envoy's vocabulary and immutable: what the control plane translates resources to,
 * what xDS carries, what the engine runs and what the simulator asks. It holds everything that varies between the
 * proxies of a mesh; parts that are the same everywhere (config sources, constant options) belong to the xDS encoder.
 * An absent field and an empty one differ, as in protobuf. Durations are milliseconds.
 */
import type { Cluster } from './cluster.js'
import type { ClusterLoadAssignment } from './endpoint.js'
import type { Listener } from './listener.js'
import type { RouteConfiguration } from './route.js'

export interface ProxyConfig {
  readonly listeners: readonly Listener[]
  /** Those that listeners name (RDS); inline ones live in their connection manager. */
  readonly routeConfigurations: readonly RouteConfiguration[]
  readonly clusters: readonly Cluster[]
  /** Endpoints of the clusters of type EDS. */
  readonly endpoints: readonly ClusterLoadAssignment[]
}

export const emptyProxyConfig: ProxyConfig = { listeners: [], routeConfigurations: [], clusters: [], endpoints: [] }
