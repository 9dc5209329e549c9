/** Resources as canonical protobuf JSON with `@type`, the form of config dumps and goldens. */
import type { DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf'
import { HeddleError } from '@heddle/base'
import { NameTableSchema } from '../gen/istio/networking/nds/v1/nds_pb.js'
import { readMessage } from './message-reader.js'
import { registry } from '../registry.js'
import type { XdsResource } from '../resource.js'
import { extensionUrls } from '../type-url.js'

/**
 * Types outside of our subset appear as their `@type` with the bytes as base64 in `value`.
 * @throws HEDDLE_XDS_UNKNOWN_TYPE when the resource itself is of such a type.
 */
export function toJson(resource: Pick<XdsResource, 'typeUrl' | 'bytes'>): JsonObject {
  const { json } = readMessage(schemaOf(resource.typeUrl), resource.bytes)
  return { '@type': resource.typeUrl, ...(nameOpaque(json) as JsonObject) }
}

export function schemaOf(typeUrl: string): DescMessage {
  const name = typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
  const schema = name === NameTableSchema.typeName ? NameTableSchema : registry.getMessage(name)
  if (schema !== undefined) return schema
  throw new HeddleError({ code: 'HEDDLE_XDS_UNKNOWN_TYPE', message: `${typeUrl} is not a message of this package`, origin: 'user' })
}

function nameOpaque(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(nameOpaque)
  if (value['@type'] === extensionUrls.opaque) return { '@type': value['typeUrl'] ?? '', value: value['value'] ?? '' }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, nameOpaque(field)]))
}
