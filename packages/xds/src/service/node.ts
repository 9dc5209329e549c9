/** The proxy that speaks on a stream: envoy.config.core.v3.Node, with Istio's metadata. */
import { create, type JsonObject } from '@bufbuild/protobuf'
import { type Locality, LocalitySchema, type Node, NodeSchema } from '../gen/envoy/config/core/v3/core_pb.js'
import { compact } from '../message/json-object.js'

export interface XdsNode {
  /** Istio's form: `TYPE~IP~POD.NAMESPACE~DNS-DOMAIN`. */
  readonly id: string
  readonly cluster?: string
  /** Istio's upper-case keys (`NAMESPACE`, `LABELS`...) and whatever else the proxy says. */
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly locality?: { readonly region?: string; readonly zone?: string; readonly subZone?: string }
  /** Such as `heddle`. */
  readonly userAgentName?: string
  readonly userAgentVersion?: string
}

export function encodeNode(node: XdsNode): Node {
  return create(NodeSchema, {
    id: node.id,
    cluster: node.cluster ?? '',
    ...(node.metadata === undefined ? {} : { metadata: toStruct(node.metadata) }),
    ...(node.locality === undefined ? {} : { locality: create(LocalitySchema, node.locality) }),
    userAgentName: node.userAgentName ?? '',
    userAgentVersionType:
      node.userAgentVersion === undefined ? { case: undefined } : { case: 'userAgentVersion', value: node.userAgentVersion },
  })
}

export function decodeNode(node: Node): XdsNode {
  const { userAgentVersionType: version } = node
  return compact<XdsNode>({
    id: node.id,
    cluster: node.cluster || undefined,
    metadata: node.metadata,
    locality: node.locality === undefined ? undefined : decodeLocality(node.locality),
    userAgentName: node.userAgentName || undefined,
    userAgentVersion: version.case === 'userAgentVersion' ? version.value : undefined,
  })
}

function decodeLocality({ region, zone, subZone }: Locality): NonNullable<XdsNode['locality']> {
  return compact<NonNullable<XdsNode['locality']>>({
    region: region || undefined,
    zone: zone || undefined,
    subZone: subZone || undefined,
  })
}

/** A struct has JSON values only: what JSON leaves out (undefined) is left out. */
export function toStruct(value: Readonly<Record<string, unknown>>): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject
}
