/**
 * The mesh at one moment: an immutable, indexed view of the API's objects, shared by the translations of all proxies.
 * Building it is linear in the number of objects; translating one proxy looks only at what its namespace sees.
 */
import { formatWorkloadId } from '@heddle/base'
import { resourceIssues } from '../issue/resource-issues.js'
import { unknownReferences } from '../issue/unknown-references.js'
import type { TranslationIssue } from '../issue/translation-issue.js'
import type { Gateway } from '../resources/gateway.js'
import type { KubernetesNode, Pod } from '../resources/kubernetes.js'
import type { Sidecar } from '../resources/sidecar.js'
import type { PeerAuthentication } from '../resources/peer-authentication.js'
import { byCreation, compareText } from './age.js'
import { indexDestinationRules, type DestinationRuleIndex } from './destination-rules.js'
import { groupBy } from './group-by.js'
import { defaultMeshConfig, type MeshConfig } from './mesh-config.js'
import { sliceEndpoints, type MeshEndpoint } from './mesh-endpoint.js'
import { byAge, meshService, type MeshPort, type MeshService } from './mesh-service.js'
import type { MeshSnapshotInput } from './snapshot-input.js'
import { entryEndpoints, selectedEntries, type Workloads } from './entry-endpoints.js'
import { entryServices, type EntryService } from './service-entries.js'
import { wellFormed } from './well-formed.js'
import { indexVirtualServices, type MeshVirtualService } from './virtual-services.js'

export interface MeshSnapshot {
  readonly meshConfig: MeshConfig
  /** Sorted by host; of several for one host the platform's own comes first, then the oldest. */
  readonly services: readonly MeshService[]
  /** The first of each host. */
  readonly servicesByHost: ReadonlyMap<string, MeshService>
  /** Oldest first. */
  readonly servicesByNamespace: ReadonlyMap<string, readonly MeshService[]>
  /** What is wrong with resources whoever looks at them: what a translation finds comes on top. */
  readonly issues: readonly TranslationIssue[]
  /** Oldest first, hosts and gateways resolved, delegates in place. */
  readonly virtualServices: readonly MeshVirtualService[]
  readonly destinationRules: DestinationRuleIndex
  /** Oldest first. */
  readonly gateways: readonly Gateway[]
  readonly peerAuthenticationsByNamespace: ReadonlyMap<string, readonly PeerAuthentication[]>
  /** Oldest first. */
  readonly sidecarsByNamespace: ReadonlyMap<string, readonly Sidecar[]>
  /** Every Pod, in the order of the input. */
  readonly pods: readonly Pod[]
  podOf(namespace: string, name: string | undefined, address: string | undefined): Pod | undefined
  nodeOf(name: string | undefined): KubernetesNode | undefined
  endpointsOf(service: MeshService, port: MeshPort): readonly MeshEndpoint[]
  /** Sorted SPIFFE ids of the accounts that run the service. */
  identitiesOf(service: MeshService): readonly string[]
}

/** Malformed resources are left out and reported. */
export function createMeshSnapshot(written: MeshSnapshotInput): MeshSnapshot {
  const { input, issues: malformed } = wellFormed(written)
  const meshConfig = { ...defaultMeshConfig, ...input.meshConfig }
  const platform = (input.services ?? []).flatMap((service) => meshService(service, meshConfig.clusterDomain) ?? [])
  const { entries, issues: conflicts } = entriesBeside(platform, entryServices(input.serviceEntries ?? []))
  const services = [...platform, ...entries].toSorted(
    (left, right) => compareText(left.host, right.host) || compareText(left.createdAt, right.createdAt),
  )
  const pods = indexPods(input.pods ?? [])
  const nodes = new Map((input.nodes ?? []).map((node) => [node.metadata.name ?? '', node]))
  const podOf: MeshSnapshot['podOf'] = (namespace, name, address) =>
    pods.byName.get(`${namespace}/${name ?? ''}`) ?? (address === undefined ? undefined : pods.byAddress.get(address))
  const nodeOf: MeshSnapshot['nodeOf'] = (name) => (name === undefined ? undefined : nodes.get(name))
  const endpointsOf = endpointLookup(input, { podOf, nodeOf })
  const identities = new Map<string, readonly string[]>()
  const { virtualServices, issues: delegation } = indexVirtualServices(input.virtualServices ?? [], meshConfig.clusterDomain)
  return {
    meshConfig,
    services,
    servicesByHost: new Map(services.toReversed().map((service) => [service.host, service])),
    servicesByNamespace: groupBy(services.toSorted(byAge), (service) => service.namespace),
    virtualServices,
    issues: [
      ...malformed,
      ...delegation,
      ...conflicts,
      ...resourceIssues(input, meshConfig.rootNamespace),
      ...unknownReferences({ input, services, virtualServices, clusterDomain: meshConfig.clusterDomain }),
    ],
    destinationRules: indexDestinationRules(input.destinationRules ?? [], meshConfig),
    gateways: (input.gateways ?? []).toSorted((left, right) => byCreation(left.metadata, right.metadata)),
    peerAuthenticationsByNamespace: groupBy(
      (input.peerAuthentications ?? []).toSorted((left, right) => byCreation(left.metadata, right.metadata)),
      (policy) => policy.metadata.namespace ?? 'default',
    ),
    sidecarsByNamespace: groupBy(
      (input.sidecars ?? []).toSorted((left, right) => byCreation(left.metadata, right.metadata)),
      (sidecar) => sidecar.metadata.namespace ?? 'default',
    ),
    pods: input.pods ?? [],
    podOf,
    nodeOf,
    endpointsOf,
    identitiesOf: (service) =>
      remember(identities, `${service.namespace}/${service.host}`, () =>
        identitiesOf(service, endpointsOf, [meshConfig.trustDomain, ...(meshConfig.trustDomainAliases ?? [])]),
      ),
  }
}

function indexPods(pods: readonly Pod[]): { readonly byName: ReadonlyMap<string, Pod>; readonly byAddress: ReadonlyMap<string, Pod> } {
  const byName = new Map<string, Pod>()
  const byAddress = new Map<string, Pod>()
  for (const pod of pods) {
    byName.set(`${pod.metadata.namespace ?? 'default'}/${pod.metadata.name ?? ''}`, pod)
    if (pod.status?.podIP !== undefined && pod.spec?.hostNetwork !== true) byAddress.set(pod.status.podIP, pod)
  }
  return { byName, byAddress }
}

/** Services of the platform keep their names, whatever a ServiceEntry says. */
function entriesBeside(
  platform: readonly MeshService[],
  all: readonly EntryService[],
): { readonly entries: readonly EntryService[]; readonly issues: readonly TranslationIssue[] } {
  const taken = new Map(platform.map((service) => [service.host, service]))
  const losers = all.filter((entry) => taken.has(entry.host))
  return {
    entries: all.filter((entry) => !taken.has(entry.host)),
    issues: losers.map(({ host, resource }) => ({
      code: 'duplicate-host',
      severity: 'warning',
      resource,
      path: 'spec.hosts',
      message: `"${host}" is the Service ${taken.get(host)?.namespace}/${taken.get(host)?.name}: this entry adds nothing to it`,
    })),
  }
}

/** Endpoints outside of EndpointSlices are looked for when they are first asked for. */
function endpointLookup(input: MeshSnapshotInput, sources: Pick<MeshSnapshot, 'podOf' | 'nodeOf'>): MeshSnapshot['endpointsOf'] {
  const slices = indexEndpoints(input, sources)
  const pods = groupBy(input.pods ?? [], ({ metadata }) => metadata.namespace ?? 'default')
  const workloadEntries = groupBy(input.workloadEntries ?? [], ({ metadata }) => metadata.namespace ?? 'default')
  const workloads: Workloads = {
    ...sources,
    podsIn: (namespace) => pods.get(namespace) ?? [],
    workloadEntriesIn: (namespace) => workloadEntries.get(namespace) ?? [],
  }
  const found = new Map<string, readonly MeshEndpoint[]>()
  return (service, port) => {
    const sliced = slices.get(`${service.namespace}/${service.name}/${port.name}`) ?? []
    if (service.registry === 'Kubernetes' && workloads.workloadEntriesIn(service.namespace).length === 0) return sliced
    return remember(found, `${service.namespace}/${service.host}/${port.number}`, () =>
      isEntry(service)
        ? entryEndpoints(service, port, workloads)
        : [...sliced, ...selectedEntries(service, service.selector ?? {}, port, workloads)],
    )
  }
}

function isEntry(service: MeshService): service is EntryService {
  return service.registry === 'External'
}

type EndpointIndex = ReadonlyMap<string, readonly MeshEndpoint[]>

function indexEndpoints(input: MeshSnapshotInput, sources: Pick<MeshSnapshot, 'podOf' | 'nodeOf'>): EndpointIndex {
  const index = new Map<string, MeshEndpoint[]>()
  for (const slice of (input.endpointSlices ?? []).toSorted((left, right) => byCreation(left.metadata, right.metadata))) {
    const service = slice.metadata.labels?.['kubernetes.io/service-name']
    if (service === undefined || slice.addressType === 'FQDN') continue
    for (const [portName, endpoints] of sliceEndpoints(slice, sources)) {
      const key = `${slice.metadata.namespace ?? 'default'}/${service}/${portName}`
      const known = index.get(key)
      if (known === undefined) index.set(key, [...endpoints])
      else known.push(...endpoints)
    }
  }
  return new Map([...index].map(([key, endpoints]) => [key, sortedOnce(endpoints)]))
}

/** Kubernetes lets an endpoint be in two slices while it moves; it counts once. */
function sortedOnce(endpoints: readonly MeshEndpoint[]): readonly MeshEndpoint[] {
  const byAddress = new Map<string, MeshEndpoint>()
  for (const endpoint of endpoints) if (!byAddress.has(endpoint.address)) byAddress.set(endpoint.address, endpoint)
  return [...byAddress.values()].toSorted((left, right) => compareText(left.address, right.address))
}

function identitiesOf(service: MeshService, endpointsOf: MeshSnapshot['endpointsOf'], trustDomains: readonly string[]): readonly string[] {
  const identities = new Set<string>(service.subjectAltNames)
  for (const port of service.ports) {
    for (const { namespace, serviceAccount } of endpointsOf(service, port)) {
      if (!serviceAccount) continue
      for (const trustDomain of trustDomains) identities.add(formatWorkloadId({ trustDomain, namespace, serviceAccount }))
    }
  }
  return [...identities].toSorted(compareText)
}

function remember<T>(cache: Map<string, T>, key: string, compute: () => T): T {
  const known = cache.get(key)
  if (known !== undefined) return known
  const value = compute()
  cache.set(key, value)
  return value
}
