/** What a Pod tells about its workload: name, canonical service, locality, and whether it speaks mutual TLS. */
import type { ProxyLocality } from '../node/proxy-node.js'
import type { KubernetesNode, Pod } from '../resources/kubernetes.js'

export type Labels = Readonly<Record<string, string>>

export interface CanonicalService {
  readonly name: string
  readonly revision: string
}

/** The Deployment's (or other controller's) name; the Pod's own when nothing controls it. */
export function workloadName(pod: Pod): string {
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller === true)
  if (owner?.name === undefined) return pod.metadata.name ?? ''
  const hash = pod.metadata.labels?.['pod-template-hash']
  if (owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)) return owner.name.slice(0, -hash.length - 1)
  return owner.name
}

/** Istio's canonical service of a workload, by its labels. */
export function canonicalService(labels: Labels, workload: string): CanonicalService {
  return {
    name: labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels['app'] ?? workload,
    revision: labels['service.istio.io/canonical-revision'] ?? labels['app.kubernetes.io/version'] ?? labels['version'] ?? 'latest',
  }
}

/** Region, zone and subzone of a Node; undefined when it names no region. */
export function localityOf(node: KubernetesNode | undefined): ProxyLocality | undefined {
  const labels = node?.metadata.labels ?? {}
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region']
  if (region === undefined) return undefined
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? ''
  return { region, zone, subZone: labels['topology.istio.io/subzone'] ?? '' }
}

export function isSubset(wanted: Labels | undefined, labels: Labels): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => labels[key] === value)
}
