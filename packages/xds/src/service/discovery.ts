/**
 * Requests and responses of the incremental discovery stream (envoy.service.discovery.v3). A response is written from the bytes of its
 * resources, which any number of streams share: nothing is encoded again for another proxy.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { NodeSchema } from '../gen/envoy/config/core/v3/core_pb.js'
import { DeltaDiscoveryRequestSchema, DeltaDiscoveryResponseSchema } from '../gen/envoy/service/discovery/v3/discovery_pb.js'
import { StatusSchema } from '../gen/google/rpc/rpc_pb.js'
import { compact } from '../message/json-object.js'
import { decodeNode, encodeNode, type XdsNode } from './node.js'
import type { XdsResource } from '../resource.js'

export interface DeltaRequest {
  /** In the first request of a stream. */
  readonly node?: XdsNode
  readonly typeUrl: string
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  /** What the proxy still holds from an earlier stream, by name; only in the first request of a type. */
  readonly initialVersions: Readonly<Record<string, string>>
  /** Of the response that this request accepts or refuses; absent in spontaneous requests. */
  readonly responseNonce?: string
  /** Present in a refusal (NACK): what was refused, and why. */
  readonly errorMessage?: string
}

export interface DeltaResource {
  readonly name: string
  readonly version: string
  readonly typeUrl: string
  /** The encoded resource. */
  readonly bytes: Uint8Array
}

export interface DeltaResponse {
  readonly typeUrl: string
  readonly nonce: string
  readonly systemVersion?: string
  readonly resources: readonly DeltaResource[]
  /** Names that no longer, or do not, exist. */
  readonly removed: readonly string[]
}

/** google.rpc.Code of a refusal, as Envoy gives it. */
const invalidArgument = 3

export function encodeDeltaRequest(request: DeltaRequest): Uint8Array {
  const { errorMessage } = request
  const message = create(DeltaDiscoveryRequestSchema, {
    typeUrl: request.typeUrl,
    resourceNamesSubscribe: [...request.subscribe],
    resourceNamesUnsubscribe: [...request.unsubscribe],
    initialResourceVersions: { ...request.initialVersions },
    responseNonce: request.responseNonce ?? '',
  })
  if (request.node !== undefined) message.node = create(NodeSchema, encodeNode(request.node))
  if (errorMessage !== undefined) message.errorDetail = create(StatusSchema, { code: invalidArgument, message: errorMessage })
  return toBinary(DeltaDiscoveryRequestSchema, message)
}

/** @throws when the bytes are no such message. */
export function decodeDeltaRequest(bytes: Uint8Array): DeltaRequest {
  const message = fromBinary(DeltaDiscoveryRequestSchema, bytes)
  return compact<DeltaRequest>({
    node: message.node === undefined ? undefined : decodeNode(message.node),
    typeUrl: message.typeUrl,
    subscribe: message.resourceNamesSubscribe,
    unsubscribe: message.resourceNamesUnsubscribe,
    initialVersions: message.initialResourceVersions,
    responseNonce: message.responseNonce === '' ? undefined : message.responseNonce,
    errorMessage: message.errorDetail?.message,
  })
}

/** The response's bytes; the only copy is the one into the result. */
export function encodeDeltaResponse(response: DeltaResponse): Uint8Array {
  const head = new BinaryWriter()
  if (response.systemVersion !== undefined) head.tag(1, WireType.LengthDelimited).string(response.systemVersion)
  head.tag(4, WireType.LengthDelimited).string(response.typeUrl)
  head.tag(5, WireType.LengthDelimited).string(response.nonce)
  for (const name of response.removed) head.tag(6, WireType.LengthDelimited).string(name)
  const parts: Uint8Array[] = [head.finish()]
  for (const resource of response.resources) parts.push(resourceHead(resource), resource.bytes)
  return Buffer.concat(parts)
}

/** @throws when the bytes are no such message. */
export function decodeDeltaResponse(bytes: Uint8Array): DeltaResponse {
  const message = fromBinary(DeltaDiscoveryResponseSchema, bytes)
  return compact<DeltaResponse>({
    typeUrl: message.typeUrl,
    nonce: message.nonce,
    systemVersion: message.systemVersionInfo === '' ? undefined : message.systemVersionInfo,
    resources: message.resources.flatMap(({ name, version, resource }) =>
      resource === undefined ? [] : [{ name, version, typeUrl: resource.typeUrl, bytes: resource.value }],
    ),
    removed: message.removedResources,
  })
}

type Written = Pick<XdsResource, 'name' | 'version' | 'typeUrl' | 'bytes'>

const heads = new WeakMap<object, Uint8Array>()

/**
 * Everything of one element of `resources` that stands before the resource's bytes. Fields may come in any order, so the bytes come last:
 * Resource { name = 3, version = 1, resource = 2: Any { type_url = 1, value = 2 } }.
 */
function resourceHead(resource: Written): Uint8Array {
  const known = heads.get(resource)
  if (known !== undefined) return known
  const any = new BinaryWriter().tag(1, WireType.LengthDelimited).string(resource.typeUrl)
  const anyHead = any.tag(2, WireType.LengthDelimited).uint32(resource.bytes.length).finish()
  const fields = new BinaryWriter().tag(3, WireType.LengthDelimited).string(resource.name)
  fields.tag(1, WireType.LengthDelimited).string(resource.version)
  const anyLength = anyHead.length + resource.bytes.length
  const fieldsHead = fields.tag(2, WireType.LengthDelimited).uint32(anyLength).finish()
  const outer = new BinaryWriter().tag(2, WireType.LengthDelimited).uint32(fieldsHead.length + anyLength)
  const head = outer.raw(fieldsHead).raw(anyHead).finish()
  heads.set(resource, head)
  return head
}
