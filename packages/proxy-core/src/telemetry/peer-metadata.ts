/** Istio's peer metadata headers: who is at the other end, as its proxy says over mutual TLS. */
import { decodeStruct, encodeStruct, type TextStruct } from './struct-codec.js'
import { type Peer, peerOfWorkload, type WorkloadMetadata } from './peer.js'

export const peerMetadataHeader = 'x-envoy-peer-metadata'
export const peerMetadataIdHeader = 'x-envoy-peer-metadata-id'

/** A header longer than this is not metadata of ours. */
const maxHeaderLength = 16 * 1024

/** The value of `x-envoy-peer-metadata`: base64 of a google.protobuf.Struct under Istio's keys. */
export function encodePeerMetadata(workload: WorkloadMetadata): string {
  const struct: TextStruct = {
    NAME: workload.name,
    NAMESPACE: workload.namespace,
    WORKLOAD_NAME: workload.workloadName,
    CLUSTER_ID: workload.clusterId,
    LABELS: workload.labels,
  }
  return encodeStruct(struct).toString('base64')
}

/** Undefined when the header does not hold metadata. */
export function decodePeerMetadata(header: string, principal: string): Peer | undefined {
  if (header.length > maxHeaderLength) return undefined
  const struct = decodeStruct(Buffer.from(header, 'base64'))
  const text = (key: string): string => (typeof struct?.[key] === 'string' ? (struct[key] as string) : '')
  if (!struct || text('WORKLOAD_NAME') === '') return undefined
  const labels = struct['LABELS']
  return peerOfWorkload(
    {
      name: text('NAME'),
      namespace: text('NAMESPACE'),
      workloadName: text('WORKLOAD_NAME'),
      clusterId: text('CLUSTER_ID'),
      labels:
        typeof labels === 'object'
          ? Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
          : {},
    },
    principal,
  )
}
