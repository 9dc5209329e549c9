/** Istio's peer metadata headers: who is at the other end, as its proxy says over mutual TLS. */
import { canonicalNameLabel, canonicalRevisionLabel, canonicalOf, type Peer, peerOfWorkload, type WorkloadMetadata } from './peer.js'
import { decodeStruct, encodeStruct, type TextStruct } from './struct-codec.js'

export const peerMetadataHeader = 'x-envoy-peer-metadata'
export const peerMetadataIdHeader = 'x-envoy-peer-metadata-id'

/** A header longer than this is not metadata of ours. */
const maxHeaderLength = 16 * 1024

/** Names and label values of Kubernetes are shorter; longer ones would only swell the metrics. */
const maxTextLength = 253

/**
 * The value of `x-envoy-peer-metadata`: base64 of a google.protobuf.Struct under Istio's keys. Of the labels only those
 * that metrics show go along, the canonical ones as derived here, since Istio's proxies do not derive them again.
 */
export function encodePeerMetadata(workload: WorkloadMetadata): string {
  const { app, version } = workload.labels
  const canonical = canonicalOf(workload)
  const struct: TextStruct = {
    NAME: workload.name,
    NAMESPACE: workload.namespace,
    WORKLOAD_NAME: workload.workloadName,
    CLUSTER_ID: workload.clusterId,
    LABELS: {
      ...(app === undefined ? {} : { app }),
      ...(version === undefined ? {} : { version }),
      [canonicalNameLabel]: canonical.service,
      [canonicalRevisionLabel]: canonical.revision,
    },
  }
  return encodeStruct(struct).toString('base64')
}

/** Undefined when the header does not hold metadata. */
export function decodePeerMetadata(header: string, principal: string): Peer | undefined {
  if (header.length > maxHeaderLength) return undefined
  const struct = decodeStruct(Buffer.from(header, 'base64'))
  if (struct === undefined) return undefined
  const workload: WorkloadMetadata = {
    name: textOf(struct['NAME']),
    namespace: textOf(struct['NAMESPACE']),
    workloadName: textOf(struct['WORKLOAD_NAME']),
    clusterId: textOf(struct['CLUSTER_ID']),
    labels: labelsOf(struct['LABELS']),
  }
  return workload.workloadName === '' ? undefined : peerOfWorkload(workload, principal)
}

function textOf(value: string | TextStruct | undefined): string {
  return typeof value === 'string' && value.length <= maxTextLength ? value : ''
}

function labelsOf(struct: string | TextStruct | undefined): Readonly<Record<string, string>> {
  if (typeof struct !== 'object') return {}
  return Object.fromEntries(Object.entries(struct).map(([name, value]) => [name, textOf(value)]))
}
