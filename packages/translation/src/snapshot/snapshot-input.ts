/** What a mesh snapshot is made from: the objects of the Kubernetes-style API, in any order. */
import type { DestinationRule } from '../resources/destination-rule.js'
import type { Gateway } from '../resources/gateway.js'
import type { EndpointSlice, KubernetesNode, Namespace, Pod, Service, ServiceAccount } from '../resources/kubernetes.js'
import type { PeerAuthentication } from '../resources/peer-authentication.js'
import type { ServiceEntry, WorkloadEntry } from '../resources/service-entry.js'
import type { Sidecar } from '../resources/sidecar.js'
import type { VirtualService } from '../resources/virtual-service.js'
import type { MeshConfig } from './mesh-config.js'

/** Absent lists are empty; absent fields of the mesh configuration have Istio's defaults. */
export interface MeshSnapshotInput {
  readonly services?: readonly Service[]
  readonly endpointSlices?: readonly EndpointSlice[]
  readonly pods?: readonly Pod[]
  readonly namespaces?: readonly Namespace[]
  readonly serviceAccounts?: readonly ServiceAccount[]
  readonly nodes?: readonly KubernetesNode[]
  readonly virtualServices?: readonly VirtualService[]
  readonly destinationRules?: readonly DestinationRule[]
  readonly gateways?: readonly Gateway[]
  readonly peerAuthentications?: readonly PeerAuthentication[]
  readonly serviceEntries?: readonly ServiceEntry[]
  readonly workloadEntries?: readonly WorkloadEntry[]
  readonly sidecars?: readonly Sidecar[]
  readonly meshConfig?: Partial<MeshConfig>
}
