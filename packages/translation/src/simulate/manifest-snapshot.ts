/**
 * A mesh as its manifests describe it, before anything runs: every Deployment has a Pod with a sidecar, every Service an address
 * and its Pods as endpoints. What a cluster says about itself (Pods, EndpointSlices, addresses) is taken as it is.
 */
import type { EndpointSlice, ObjectMeta, Pod, Service } from '../resources/kubernetes.js'
import type { MeshConfig } from '../snapshot/mesh-config.js'
import { createMeshSnapshot, type MeshSnapshot } from '../snapshot/mesh-snapshot.js'
import { meshPort, numberInPod } from '../snapshot/mesh-service.js'
import type { MeshSnapshotInput } from '../snapshot/snapshot-input.js'
import { isSubset, type Labels } from '../snapshot/workload.js'

export interface ManifestObject {
  readonly apiVersion?: string
  readonly kind: string
  readonly metadata?: ObjectMeta
  readonly spec?: unknown
  readonly items?: readonly unknown[]
}

/** By group and kind: a Gateway of the Gateway API is another thing. */
const fields: Readonly<Record<string, Exclude<keyof MeshSnapshotInput, 'meshConfig'>>> = {
  '/Service': 'services',
  '/Pod': 'pods',
  '/Namespace': 'namespaces',
  '/ServiceAccount': 'serviceAccounts',
  '/Node': 'nodes',
  'discovery.k8s.io/EndpointSlice': 'endpointSlices',
  'networking.istio.io/VirtualService': 'virtualServices',
  'networking.istio.io/DestinationRule': 'destinationRules',
  'networking.istio.io/Gateway': 'gateways',
  'networking.istio.io/ServiceEntry': 'serviceEntries',
  'networking.istio.io/WorkloadEntry': 'workloadEntries',
  'networking.istio.io/Sidecar': 'sidecars',
  'security.istio.io/PeerAuthentication': 'peerAuthentications',
}
const controllers: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'])

/** @param objects documents of manifests, in any order; Lists are opened, unknown kinds passed over. */
export function manifestSnapshot(
  objects: readonly ManifestObject[],
  meshConfig: Partial<MeshConfig> = {},
  namespace = 'default',
): MeshSnapshot {
  const all = objects.flatMap(opened).map((object) => withNamespace(object, namespace))
  const lists: Partial<Record<keyof MeshSnapshotInput, ManifestObject[]>> = {}
  for (const object of all) {
    const field = fields[`${groupOf(object)}/${object.kind}`]
    if (field !== undefined) (lists[field] ??= []).push(object)
  }
  // Structural types: what is not what it says is left out by the snapshot.
  const input = lists as unknown as MeshSnapshotInput
  const pods = [...(input.pods ?? []), ...(input.pods === undefined ? all.flatMap(madePod) : [])].map(withAddress)
  const services = (input.services ?? []).map(withVirtualAddress)
  const endpointSlices = [
    ...(input.endpointSlices ?? []),
    ...(input.endpointSlices === undefined ? services.flatMap((service) => madeSlices(service, pods)) : []),
  ]
  return createMeshSnapshot({ ...input, pods, services, endpointSlices, meshConfig })
}

function opened(object: ManifestObject): readonly ManifestObject[] {
  return object.kind.endsWith('List') && object.items !== undefined ? (object.items as readonly ManifestObject[]) : [object]
}

function groupOf({ apiVersion = '' }: ManifestObject): string {
  return apiVersion.includes('/') ? (apiVersion.split('/', 1)[0] as string) : ''
}

function withNamespace(object: ManifestObject, namespace: string): ManifestObject & { readonly metadata: ObjectMeta } {
  return { ...object, metadata: { namespace, ...object.metadata } }
}

interface Controller {
  readonly replicas?: number
  readonly template?: { readonly metadata?: ObjectMeta; readonly spec?: Pod['spec'] }
}

function madePod(object: ManifestObject & { readonly metadata: ObjectMeta }): readonly Pod[] {
  const { metadata, kind, spec } = object
  const { replicas = 1, template } = (spec ?? {}) as Controller
  if (!controllers.has(kind) || template === undefined || replicas === 0 || metadata.ownerReferences?.length) return []
  const name = metadata.name ?? ''
  const labels = { ...injected(template.metadata), ...template.metadata?.labels }
  const owner = { kind, name, controller: true }
  const pod = { ...template.metadata, name: `${name}-0`, namespace: metadata.namespace ?? 'default', labels, ownerReferences: [owner] }
  return [{ metadata: pod, ...(template.spec === undefined ? {} : { spec: template.spec }) }]
}

/** The label of the injector, which every workload passes unless it says not to. */
function injected(metadata: ObjectMeta | undefined): Labels {
  const says = metadata?.labels?.['sidecar.istio.io/inject'] ?? metadata?.annotations?.['sidecar.istio.io/inject']
  return says === 'false' ? {} : { 'security.istio.io/tlsMode': 'istio' }
}

function withAddress(pod: Pod, index: number): Pod {
  return pod.status?.podIP === undefined ? { ...pod, status: { ...pod.status, podIP: madeAddress('10.244', index) } } : pod
}

function withVirtualAddress(service: Service, index: number): Service {
  const { spec = {} } = service
  if (spec.clusterIP !== undefined || spec.clusterIPs?.length || spec.type === 'ExternalName') return service
  return { ...service, spec: { ...spec, clusterIP: madeAddress('10.96', index) } }
}

function madeAddress(network: string, index: number): string {
  return `${network}.${Math.floor(index / 250) + 1}.${(index % 250) + 1}`
}

function madeSlices({ metadata, spec = {} }: Service, pods: readonly Pod[]): readonly EndpointSlice[] {
  const { selector, ports = [] } = spec
  const namespace = metadata.namespace ?? 'default'
  if (selector === undefined || Object.keys(selector).length === 0) return []
  const members = pods.filter((pod) => (pod.metadata.namespace ?? 'default') === namespace && isSubset(selector, pod.metadata.labels ?? {}))
  return members.map((pod, index) => ({
    metadata: {
      name: `${metadata.name ?? ''}-${index}`,
      namespace,
      labels: { 'kubernetes.io/service-name': metadata.name ?? '' },
    },
    ports: ports.flatMap((port) => {
      const number = numberInPod(pod, meshPort(port))
      return number === undefined ? [] : [{ name: port.name ?? '', port: number, protocol: port.protocol ?? 'TCP' }]
    }),
    endpoints: [
      {
        addresses: [pod.status?.podIP ?? ''],
        conditions: { ready: true },
        targetRef: { kind: 'Pod', name: pod.metadata.name ?? '', namespace },
      },
    ],
  }))
}
