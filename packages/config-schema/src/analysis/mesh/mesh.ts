/** Everything analyzers ask of the resources, indexed once: hosts, workloads, namespaces, Sidecar scopes. */
import { isOfKind, type KubernetesObject, type ResourceByKind } from '../../resource.js'
import { createDestinationRules, type DestinationRules } from './destination-rules.js'
import { createHostRegistry, resolveHost, type HostRegistry } from './host-registry.js'
import { readSettings, type MeshSettings } from './mesh-settings.js'
import { createSidecarScopes, type SidecarScopes } from './sidecar-scopes.js'
import { selects, type View } from './view.js'
import { workloadOf, type Workload } from './workloads.js'

export interface Mesh {
  readonly views: readonly View[]
  /** Nothing exists besides: a running mesh. Otherwise kinds that the input has none of are taken to live elsewhere. */
  readonly isComplete: boolean
  readonly clusterDomain: string
  readonly settings: MeshSettings
  readonly hosts: HostRegistry
  readonly workloads: readonly Workload[]
  readonly scopes: SidecarScopes
  readonly destinationRules: DestinationRules
  of<Kind extends keyof ResourceByKind>(kind: Kind): readonly View<ResourceByKind[Kind]>[]
  /** Kinds of the Gateway API. */
  gatewayApi<Resource>(kind: string): readonly View<Resource>[]
  /** A host as written in a namespace, fully qualified. */
  resolve(host: string, namespace: string): string
  /** Names of Namespaces, and of all in which something lies. */
  readonly namespaces: ReadonlySet<string>
  selected(selector: Readonly<Record<string, string>> | undefined, namespace?: string): readonly Workload[]
}

export interface MeshOptions {
  readonly isComplete: boolean
  readonly clusterDomain: string
}

export function createMesh(views: readonly View[], { isComplete, clusterDomain }: MeshOptions): Mesh {
  const byKind = groupByKind(views)
  const own = new Map<string, readonly View[]>()
  const of = <Kind extends keyof ResourceByKind>(kind: Kind): readonly View<ResourceByKind[Kind]>[] => {
    const views = own.get(kind) ?? (byKind.get(kind) ?? []).filter((view) => isOfKind(view.resource, kind))
    own.set(kind, views)
    return views as unknown as readonly View<ResourceByKind[Kind]>[]
  }
  const resolve = (host: string, namespace: string): string => resolveHost(host, namespace, clusterDomain)
  const settings = readSettings(of('ConfigMap'), of('IstioOperator'))
  const workloads = views.map(workloadOf).filter((workload) => workload !== undefined)
  const namespaces = new Set([...of('Namespace').map(({ name }) => name), ...views.map(({ namespace }) => namespace)])
  namespaces.delete('')
  return {
    views,
    isComplete,
    clusterDomain,
    settings,
    of,
    gatewayApi: <Resource>(kind: string) =>
      (byKind.get(kind) ?? []).filter(({ group }) => group === 'gateway.networking.k8s.io') as unknown as readonly View<Resource>[],
    hosts: createHostRegistry({
      services: of('Service'),
      serviceEntries: of('ServiceEntry'),
      clusterDomain,
      defaultExportTo: settings.serviceExportTo,
    }),
    workloads,
    scopes: createSidecarScopes(of('Sidecar'), settings.rootNamespace),
    destinationRules: createDestinationRules(of('DestinationRule'), resolve),
    resolve,
    namespaces,
    selected: (selector, namespace) =>
      workloads.filter((workload) => (namespace === undefined || workload.namespace === namespace) && selects(selector, workload.labels)),
  }
}

function groupByKind(views: readonly View<KubernetesObject>[]): ReadonlyMap<string, readonly View[]> {
  const groups = new Map<string, View[]>()
  for (const view of views) {
    const group = groups.get(view.kind)
    if (group === undefined) groups.set(view.kind, [view])
    else group.push(view)
  }
  return groups
}

/** Namespaces of Kubernetes and of the mesh itself. */
export function isSystemNamespace(namespace: string, { settings }: Mesh): boolean {
  return ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage', 'istio-system', settings.rootNamespace].includes(namespace)
}
