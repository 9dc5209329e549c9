/** Resources by kind: the outer shape all share, and the typed shape of each kind. */
import type {
  ConfigMap,
  CronJob,
  CustomResourceDefinition,
  DaemonSet,
  Deployment,
  DestinationRule,
  EndpointSlice,
  Gateway,
  Job,
  Namespace,
  Node,
  ObjectMeta,
  PeerAuthentication,
  Pod,
  ReplicaSet,
  ReplicationController,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
  VirtualService,
  AuthorizationPolicy,
  EnvoyFilter,
  ProxyConfig,
  RequestAuthentication,
  ServiceEntry,
  Sidecar,
  Telemetry,
  TrafficExtension,
  WasmPlugin,
  WorkloadEntry,
  WorkloadGroup,
  IstioOperator,
} from './gen/types.js'
import { parseApiVersion } from './kinds/api-version.js'
import { kindsNamed } from './kinds/kind-info.js'

export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly spec?: unknown
  readonly status?: unknown
}

/** The kinds that `isOfKind` tells apart. */
export interface ResourceByKind {
  readonly VirtualService: VirtualService
  readonly DestinationRule: DestinationRule
  readonly Gateway: Gateway
  readonly PeerAuthentication: PeerAuthentication
  readonly AuthorizationPolicy: AuthorizationPolicy
  readonly EnvoyFilter: EnvoyFilter
  readonly ProxyConfig: ProxyConfig
  readonly RequestAuthentication: RequestAuthentication
  readonly ServiceEntry: ServiceEntry
  readonly Sidecar: Sidecar
  readonly Telemetry: Telemetry
  readonly TrafficExtension: TrafficExtension
  readonly WasmPlugin: WasmPlugin
  readonly WorkloadEntry: WorkloadEntry
  readonly WorkloadGroup: WorkloadGroup
  readonly IstioOperator: IstioOperator
  readonly Namespace: Namespace
  readonly Node: Node
  readonly Service: Service
  readonly ServiceAccount: ServiceAccount
  readonly Pod: Pod
  readonly Deployment: Deployment
  readonly ReplicaSet: ReplicaSet
  readonly StatefulSet: StatefulSet
  readonly DaemonSet: DaemonSet
  readonly Job: Job
  readonly CronJob: CronJob
  readonly ReplicationController: ReplicationController
  readonly EndpointSlice: EndpointSlice
  readonly ConfigMap: ConfigMap
  readonly Secret: Secret
  readonly CustomResourceDefinition: CustomResourceDefinition
}

/** Narrows a validated resource; a kind of the same name in another group is not meant, so that a `Gateway` is Istio's. */
export function isOfKind<Kind extends keyof ResourceByKind>(
  resource: Pick<KubernetesObject, 'apiVersion' | 'kind'>,
  kind: Kind,
): resource is ResourceByKind[Kind] {
  if (resource.kind !== kind) return false
  const [meant] = kindsNamed(kind)
  const { group, version } = parseApiVersion(resource.apiVersion)
  return meant?.group === group && meant.versions.includes(version)
}
