/** A workload at one end of a request, in the terms of Istio's metric labels. Equal peers are one object, so that caches can be keyed by it. */
import type { LbEndpoint } from '@heddle/routing'

export interface Peer {
  readonly workload: string
  readonly namespace: string
  readonly app: string
  readonly version: string
  readonly canonicalService: string
  readonly canonicalRevision: string
  readonly cluster: string
  /** SPIFFE id, or `unknown`. */
  readonly principal: string
}

/** What a proxy knows of itself, from its node metadata. */
export interface WorkloadMetadata {
  readonly name: string
  readonly namespace: string
  readonly workloadName: string
  readonly clusterId: string
  readonly labels: Readonly<Record<string, string>>
}

export const unknownValue = 'unknown'

export const canonicalNameLabel = 'service.istio.io/canonical-name'
export const canonicalRevisionLabel = 'service.istio.io/canonical-revision'

const unknownPeer: Peer = {
  workload: unknownValue,
  namespace: unknownValue,
  app: unknownValue,
  version: unknownValue,
  canonicalService: unknownValue,
  canonicalRevision: 'latest',
  cluster: unknownValue,
  principal: unknownValue,
}

/** Canonical service and revision as Istio derives them from labels. */
export function canonicalOf({ workloadName, labels }: WorkloadMetadata): { readonly service: string; readonly revision: string } {
  return {
    service: labels[canonicalNameLabel] || labels['app.kubernetes.io/name'] || labels['app'] || workloadName,
    revision: labels[canonicalRevisionLabel] || labels['app.kubernetes.io/version'] || labels['version'] || 'latest',
  }
}

/** The namespace is the certificate's where there is one: that is proven, the rest is said. */
export function peerOfWorkload(workload: WorkloadMetadata, principal: string = unknownValue): Peer {
  const { namespace, workloadName, clusterId, labels } = workload
  const canonical = canonicalOf(workload)
  return {
    workload: known(workloadName),
    namespace: namespaceOf(principal) ?? known(namespace),
    app: known(labels['app']),
    version: known(labels['version']),
    canonicalService: known(canonical.service),
    canonicalRevision: canonical.revision,
    cluster: known(clusterId),
    principal,
  }
}

/** The endpoint's own metadata `istio.workload`: `WORKLOAD;NAMESPACE;CANONICAL-NAME;CANONICAL-REVISION;CLUSTER`. */
export function peerOfEndpoint(endpoint: LbEndpoint | undefined, principal: string = unknownValue): Peer {
  const text = endpoint?.metadata?.['istio']?.['workload']
  if (typeof text !== 'string') return peerOfPrincipal(principal)
  const [workload, namespace, canonicalService, canonicalRevision, cluster] = text.split(';')
  return {
    ...unknownPeer,
    workload: known(workload),
    namespace: namespaceOf(principal) ?? known(namespace),
    canonicalService: known(canonicalService),
    canonicalRevision: canonicalRevision || 'latest',
    cluster: known(cluster),
    principal,
  }
}

/** When nothing but the certificate tells who it is. */
export function peerOfPrincipal(principal: string): Peer {
  return { ...unknownPeer, namespace: namespaceOf(principal) ?? unknownValue, principal }
}

function namespaceOf(principal: string): string | undefined {
  return principal === unknownValue ? undefined : /\/ns\/([^/]+)\//.exec(principal)?.[1]
}

function known(value: string | undefined): string {
  return value === undefined || value === '' ? unknownValue : value
}

/** Distinct peers that are kept apart; the label values of more would be an attacker's choice. */
const maxPeers = 10_000

export interface PeerTable {
  /** One object for equal peers; the unknown peer once the table is full. */
  intern(peer: Peer): Peer
}

export function createPeerTable(limit: number = maxPeers): PeerTable {
  const peers = new Map<string, Peer>()
  return {
    intern(peer) {
      const key = Object.values(peer).join('\n')
      const found = peers.get(key)
      if (found) return found
      if (peers.size >= limit) return unknownPeer
      peers.set(key, peer)
      return peer
    },
  }
}
