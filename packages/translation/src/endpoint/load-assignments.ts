/** The endpoints of a cluster, grouped by locality, with what the router and auto mTLS need to know of each of them. */
import type { ClusterLoadAssignment, LbEndpoint, LocalityLbEndpoints, Metadata } from '@heddle/routing'
import type { OutboundCluster } from '../cluster/outbound-clusters.js'
import type { ProxyLocality } from '../node/proxy-node.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { compareText } from '../snapshot/age.js'
import type { MeshEndpoint } from '../snapshot/mesh-endpoint.js'
import { numberInPod } from '../snapshot/mesh-service.js'
import { shared } from '../snapshot/shared-results.js'
import { isSubset } from '../snapshot/workload.js'
import { workloadMutualTls } from '../tls/mutual-tls-mode.js'
import { distribute } from './locality-distribution.js'
import { failoverPriorities } from './locality-failover.js'

/** Of the clusters that are told their endpoints. Where the proxy is decides on priorities and on node-local services, nothing else about it. */
export function loadAssignments(view: ProxyView, targets: readonly OutboundCluster[]): readonly ClusterLoadAssignment[] {
  const place = localityKey(view.locality)
  return targets
    .filter((target) => target.cluster.type === 'EDS')
    .map((target) => {
      const node = target.service.nodeLocal ? (view.nodeName ?? '') : ''
      return shared(view.snapshot, `endpoints|${place}|${node}|${target.key}`, () => loadAssignment(view, target))
    })
}

export function loadAssignment(view: ProxyView, target: OutboundCluster): ClusterLoadAssignment {
  const endpoints = view.snapshot
    .endpointsOf(target.service, target.port)
    .filter((endpoint) => !target.service.nodeLocal || endpoint.nodeName === view.nodeName)
    .filter((endpoint) => isSubset(target.subset?.labels, endpoint.labels))
  const localities = groupByLocality(endpoints).map(([locality, members]) => localityEndpoints(view, target, locality, members))
  return { clusterName: target.cluster.name, localities: balance(view, target, localities) }
}

function balance(view: ProxyView, target: OutboundCluster, localities: readonly LocalityLbEndpoints[]): readonly LocalityLbEndpoints[] {
  const setting = target.policy.loadBalancer?.localityLbSetting
  if (view.locality === undefined || setting?.enabled === false) return localities
  if (setting?.distribute?.length) return distribute(view.locality, setting.distribute, localities)
  // Failover needs outlier detection: without it nothing would tell that the near endpoints are down.
  return target.policy.outlierDetection === undefined ? localities : failoverPriorities(view.locality, setting?.failover ?? [], localities)
}

function groupByLocality(endpoints: readonly MeshEndpoint[]): readonly (readonly [ProxyLocality | undefined, readonly MeshEndpoint[]])[] {
  const groups = new Map<string, MeshEndpoint[]>()
  for (const endpoint of endpoints) {
    const key = localityKey(endpoint.locality)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [endpoint])
    else group.push(endpoint)
  }
  return [...groups].toSorted(([left], [right]) => compareText(left, right)).map(([, members]) => [members[0]?.locality, members])
}

export function localityKey(locality: ProxyLocality | undefined): string {
  return locality === undefined ? '' : `${locality.region}/${locality.zone}/${locality.subZone}`
}

function localityEndpoints(
  view: ProxyView,
  target: OutboundCluster,
  locality: ProxyLocality | undefined,
  members: readonly MeshEndpoint[],
): LocalityLbEndpoints {
  return {
    locality: {
      ...(locality?.region ? { region: locality.region } : {}),
      ...(locality?.zone ? { zone: locality.zone } : {}),
      ...(locality?.subZone ? { subZone: locality.subZone } : {}),
    },
    endpoints: members.map((endpoint) => lbEndpoint(view, target, endpoint)),
    loadBalancingWeight: members.reduce((sum, endpoint) => sum + (endpoint.weight ?? 1), 0),
  }
}

function lbEndpoint(view: ProxyView, target: OutboundCluster, endpoint: MeshEndpoint): LbEndpoint {
  const metadata: Metadata = {
    ...(speaksMutualTls(view, target, endpoint) ? { 'envoy.transport_socket_match': { tlsMode: 'istio' } } : {}),
    ...(endpoint.workload === '' ? {} : { istio: { workload: workloadTuple(endpoint, view.snapshot.meshConfig.clusterId) } }),
  }
  return {
    address: { address: endpoint.address, port: endpoint.port },
    ...(endpoint.healthy === undefined ? {} : { healthStatus: endpoint.healthy ? 'HEALTHY' : 'UNHEALTHY' }),
    loadBalancingWeight: endpoint.weight ?? 1,
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  }
}

/** The label says that a sidecar is there; a DestinationRule or the workload's own policy may say not to use it. */
function speaksMutualTls(view: ProxyView, target: OutboundCluster, endpoint: MeshEndpoint): boolean {
  if (!endpoint.mutualTls) return false
  const mode = target.policy.tls?.mode
  if (mode !== undefined) return mode === 'ISTIO_MUTUAL'
  const demand = workloadMutualTls(view.snapshot, endpoint.namespace, endpoint.labels)
  const pod = view.snapshot.podOf(endpoint.namespace, undefined, endpoint.address)
  const port = numberInPod(pod, target.port) ?? endpoint.port
  return (demand.ports.get(port) ?? demand.mode) !== 'DISABLE'
}

/** `workload;namespace;canonical name;canonical revision;cluster`; the revision `latest` is left empty. */
function workloadTuple(endpoint: MeshEndpoint, clusterId: string): string {
  const revision = endpoint.canonicalRevision === 'latest' ? '' : endpoint.canonicalRevision
  return [endpoint.workload, endpoint.namespace, endpoint.canonicalName, revision, clusterId].join(';')
}
