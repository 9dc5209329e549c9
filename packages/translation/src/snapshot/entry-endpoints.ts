/**
 * Endpoints outside of EndpointSlices: those that a ServiceEntry lists, the host itself where DNS finds it, and the Pods and
 * WorkloadEntries that a selector chooses. A WorkloadEntry is an endpoint of Services of the platform, too.
 */
import type { ProxyLocality } from '../node/proxy-node.js'
import { isWildcard } from '../host/host-name.js'
import type { Pod } from '../resources/kubernetes.js'
import type { ServiceEntry, WorkloadEntry, WorkloadEntrySpec } from '../resources/service-entry.js'
import { workloadOf, type EndpointSources, type MeshEndpoint } from './mesh-endpoint.js'
import { numberInPod, type MeshPort, type MeshService } from './mesh-service.js'
import type { EntryService } from './service-entries.js'
import { canonicalService, isSubset, localityOf, type Labels } from './workload.js'

/** What selectors choose from, by namespace. */
export interface Workloads extends EndpointSources {
  podsIn(namespace: string): readonly Pod[]
  workloadEntriesIn(namespace: string): readonly WorkloadEntry[]
}

export function entryEndpoints(service: EntryService, port: MeshPort, workloads: Workloads): readonly MeshEndpoint[] {
  if (service.resolution === 'original-destination') return []
  return service.entries.flatMap((entry) => {
    const has = entry.spec?.ports?.some(({ number }) => number === port.number) === true
    return has ? endpointsOfEntry(entry, service, port, workloads) : []
  })
}

function endpointsOfEntry(
  { metadata, spec }: ServiceEntry,
  service: EntryService,
  port: MeshPort,
  workloads: Workloads,
): readonly MeshEndpoint[] {
  if (spec?.workloadSelector !== undefined) {
    const labels = spec.workloadSelector.labels ?? {}
    return [...selectedPods(service, labels, port, workloads), ...selectedEntries(service, labels, port, workloads)]
  }
  const name = metadata.name ?? ''
  const listed = spec?.endpoints ?? []
  if (listed.length > 0) return listed.flatMap((endpoint, index) => entryEndpoint(endpoint, `${name}-${index}`, service, port) ?? [])
  // Of a wildcard DNS knows nothing.
  if (service.resolution === 'told' || isWildcard(service.host)) return []
  return entryEndpoint({ address: service.host }, name, service, port) ?? []
}

/** WorkloadEntries that are endpoints of a Service of the platform, beside its Pods. */
export function selectedEntries(
  service: MeshService,
  selector: Labels,
  port: MeshPort,
  { workloadEntriesIn }: Pick<Workloads, 'workloadEntriesIn'>,
): readonly MeshEndpoint[] {
  if (Object.keys(selector).length === 0) return []
  return workloadEntriesIn(service.namespace)
    .filter(({ spec }) => isSubset(selector, spec?.labels ?? {}))
    .flatMap(({ metadata, spec }) => entryEndpoint(spec ?? {}, metadata.name ?? '', service, port) ?? [])
}

/** Undefined for what cannot be dialled: a socket in the file system, an address that only a gateway of another network knows. */
function entryEndpoint(
  spec: WorkloadEntrySpec,
  workload: string,
  service: MeshService,
  port: MeshPort,
): readonly MeshEndpoint[] | undefined {
  const { address, labels = {}, serviceAccount } = spec
  if (!address || address.startsWith('unix:')) return undefined
  const target = typeof port.targetPort === 'number' ? port.targetPort : port.number
  const canonical = canonicalService(labels, workload)
  return [
    {
      address,
      port: spec.ports?.[port.name] || target,
      healthy: undefined,
      ...(spec.weight ? { weight: spec.weight } : {}),
      labels,
      namespace: service.namespace,
      serviceAccount,
      workload,
      canonicalName: canonical.name,
      canonicalRevision: canonical.revision,
      mutualTls: !service.external && (labels['security.istio.io/tlsMode'] ?? (serviceAccount ? 'istio' : '')) === 'istio',
      locality: parseLocality(spec.locality),
      nodeName: undefined,
      hostname: undefined,
    },
  ]
}

function selectedPods(service: MeshService, selector: Labels, port: MeshPort, workloads: Workloads): readonly MeshEndpoint[] {
  if (Object.keys(selector).length === 0) return []
  return workloads
    .podsIn(service.namespace)
    .filter((pod) => isSubset(selector, pod.metadata.labels ?? {}) && isReady(pod))
    .flatMap((pod) => {
      const address = pod.status?.podIP
      const number = numberInPod(pod, port)
      if (!address || number === undefined) return []
      const own = workloadOf(pod, service.namespace)
      const nodeName = pod.spec?.nodeName
      return [
        { address, port: number, healthy: true, ...own, locality: localityOf(workloads.nodeOf(nodeName)), nodeName, hostname: undefined },
      ]
    })
}

function isReady({ status }: Pod): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value !== 'True') !== true
}

function parseLocality(text: string | undefined): ProxyLocality | undefined {
  const [region = '', zone = '', subZone = ''] = (text ?? '').split('/')
  return region === '' ? undefined : { region, zone, subZone }
}
