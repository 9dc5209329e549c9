/** The 25 labels of Istio's standard metrics, as its stats filter fills them. */
import type { Cluster } from '@heddle/routing'
import type { DecisionRecord } from '../decision-record.js'
import { responseFlagsText } from './access-log-operators.js'
import type { Ends } from './ends.js'
import { type Peer, unknownValue } from './peer.js'

export type Labels = Readonly<Record<string, string>>

/** Connections lack `response_code` and `grpc_response_status`. */
export function istioLabels(record: DecisionRecord, { reporter, source, destination, isMutualTls }: Ends): Labels {
  return {
    reporter,
    ...peerLabels('source', source),
    ...peerLabels('destination', destination),
    ...serviceLabels(record.cluster, record.clusterName),
    ...protocolLabels(record),
    response_flags: responseFlagsText(record.responseFlags) ?? '-',
    connection_security_policy: reporter === 'source' ? unknownValue : isMutualTls ? 'mutual_tls' : 'none',
  }
}

function protocolLabels(record: DecisionRecord): Labels {
  if (record.kind === 'connection') return { request_protocol: 'tcp' }
  return {
    request_protocol: record.grpcStatus === undefined ? 'http' : 'grpc',
    response_code: String(record.responseCode),
    grpc_response_status: grpcStatusLabel(record.grpcStatus),
  }
}

/** Upstreams write what they like; only the codes that gRPC defines become label values. */
export function grpcStatusLabel(status: string | undefined): string {
  if (status === undefined) return ''
  return /^(?:\d|1[0-6])$/.test(status) ? status : unknownValue
}

function peerLabels(side: 'source' | 'destination', peer: Peer): Labels {
  return {
    [`${side}_workload`]: peer.workload,
    [`${side}_canonical_service`]: peer.canonicalService,
    [`${side}_canonical_revision`]: peer.canonicalRevision,
    [`${side}_workload_namespace`]: peer.namespace,
    [`${side}_principal`]: peer.principal,
    [`${side}_app`]: peer.app,
    [`${side}_version`]: peer.version,
    [`${side}_cluster`]: peer.cluster,
  }
}

/** The service as the cluster's metadata names it; Host headers are not believed, since strangers choose them. */
function serviceLabels(cluster: Cluster | undefined, clusterName: string | undefined): Labels {
  const services = cluster?.metadata?.['istio']?.['services']
  const service = Array.isArray(services)
    ? (services[0] as { readonly host?: string; readonly name?: string; readonly namespace?: string } | undefined)
    : undefined
  return {
    destination_service: service?.host ?? unknownValue,
    destination_service_name: service?.name ?? specialName(clusterName) ?? unknownValue,
    destination_service_namespace: service?.namespace ?? unknownValue,
  }
}

const specialNames = new Set(['PassthroughCluster', 'BlackHoleCluster', 'InboundPassthroughCluster'])

function specialName(clusterName: string | undefined): string | undefined {
  return clusterName !== undefined && specialNames.has(clusterName) ? clusterName : undefined
}
