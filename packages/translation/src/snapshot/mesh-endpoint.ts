/**
 * One address behind a service port, with what its Pod tells about it. Addresses and ports are the EndpointSlice's. An address
 * of a Pod that was not seen yet waits for it, as with istiod: without the Pod's labels it would be called in plaintext and
 * belong to no subset.
 */
import type { ProxyLocality } from '../node/proxy-node.js'
import type { Endpoint, EndpointConditions, EndpointSlice, KubernetesNode, Pod } from '../resources/kubernetes.js'
import { canonicalService, localityOf, workloadName, type Labels } from './workload.js'

export interface MeshEndpoint {
  readonly address: string
  readonly port: number
  /** Undefined: nobody watches its health. */
  readonly healthy: boolean | undefined
  /** Absent: 1. */
  readonly weight?: number
  readonly labels: Labels
  readonly namespace: string
  readonly serviceAccount: string | undefined
  readonly workload: string
  readonly canonicalName: string
  readonly canonicalRevision: string
  readonly mutualTls: boolean
  readonly locality: ProxyLocality | undefined
  readonly nodeName: string | undefined
  readonly hostname: string | undefined
}

export interface EndpointSources {
  podOf(namespace: string, name: string | undefined, address: string | undefined): Pod | undefined
  nodeOf(name: string | undefined): KubernetesNode | undefined
}

/** The endpoints of a slice by port name; terminating ones are left out, unready ones are unhealthy. */
export function sliceEndpoints(slice: EndpointSlice, sources: EndpointSources): ReadonlyMap<string, readonly MeshEndpoint[]> {
  const byPort = new Map<string, readonly MeshEndpoint[]>()
  const namespace = slice.metadata.namespace ?? 'default'
  const live = (slice.endpoints ?? []).filter((endpoint) => !isLeaving(endpoint.conditions))
  for (const port of slice.ports ?? []) {
    const number = port.port
    if (number === undefined || (port.protocol ?? 'TCP') !== 'TCP') continue
    const endpoints = live.flatMap((endpoint) =>
      endpoint.addresses.slice(0, 1).flatMap((address) => meshEndpoint(endpoint, address, number, namespace, sources) ?? []),
    )
    byPort.set(port.name ?? '', endpoints)
  }
  return byPort
}

function meshEndpoint(
  endpoint: Endpoint,
  address: string,
  port: number,
  namespace: string,
  sources: EndpointSources,
): MeshEndpoint | undefined {
  const target = endpoint.targetRef?.kind === 'Pod' ? endpoint.targetRef : undefined
  const pod =
    target === undefined
      ? sources.podOf(namespace, undefined, address)
      : sources.podOf(target.namespace ?? namespace, target.name, undefined)
  if (target !== undefined && (pod === undefined || isSuccessor(pod, target))) return undefined
  const nodeName = pod?.spec?.nodeName ?? endpoint.nodeName
  return {
    address,
    port,
    healthy: endpoint.conditions?.ready ?? true,
    ...workloadOf(pod, namespace),
    locality: localityOf(sources.nodeOf(nodeName)),
    nodeName,
    hostname: endpoint.hostname,
  }
}

/** A Pod that took over the name of the one that is meant, as those of a StatefulSet do. */
function isSuccessor(pod: Pod, { uid }: NonNullable<Endpoint['targetRef']>): boolean {
  return Boolean(uid && pod.metadata.uid && uid !== pod.metadata.uid)
}

export type EndpointWorkload = Omit<MeshEndpoint, 'address' | 'port' | 'healthy' | 'weight' | 'locality' | 'nodeName' | 'hostname'>

/** Addresses without a Pod have no identity, so nothing but plaintext goes there. */
export function workloadOf(pod: Pod | undefined, namespace: string): EndpointWorkload {
  if (pod === undefined) {
    return { labels: {}, namespace, serviceAccount: undefined, workload: '', canonicalName: '', canonicalRevision: '', mutualTls: false }
  }
  const labels = pod.metadata.labels ?? {}
  const workload = workloadName(pod)
  const canonical = canonicalService(labels, workload)
  return {
    labels,
    namespace: pod.metadata.namespace ?? namespace,
    serviceAccount: pod.spec?.serviceAccountName ?? 'default',
    workload,
    canonicalName: canonical.name,
    canonicalRevision: canonical.revision,
    mutualTls: labels['security.istio.io/tlsMode'] === 'istio',
  }
}

function isLeaving(conditions: EndpointConditions | undefined): boolean {
  return conditions?.terminating === true && conditions.ready !== true
}
