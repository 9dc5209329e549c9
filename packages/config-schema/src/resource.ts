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
} from './gen/types.js'
import { kindInfo } from './kinds/kind-info.js'

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

/** Narrows a validated resource; a kind of the same name in a group that is not known here is not meant. */
export function isOfKind<Kind extends keyof ResourceByKind>(
  resource: Pick<KubernetesObject, 'apiVersion' | 'kind'>,
  kind: Kind,
): resource is ResourceByKind[Kind] {
  return resource.kind === kind && kindInfo(resource.apiVersion, kind)?.isModelled === true
}
