/** envoy.config.core.v3: addresses, metadata, percentages and where configuration comes from. */
import type { FractionalPercent, Metadata, MetadataStruct, MetadataValue, SocketAddress } from '@heddle/routing'
import type { AddressJson, ConfigSourceJson, MetadataJson, SocketAddressJson } from '../gen/envoy/config/core/v3/core_pb.js'
import type { FractionalPercentJson } from '../gen/envoy/type/v3/type_pb.js'
import { compact, unlessDefault } from '../message/json-object.js'

export function encodeAddress(address: SocketAddress): AddressJson {
  return { socketAddress: encodeSocketAddress(address) }
}

export function encodeSocketAddress(address: SocketAddress): SocketAddressJson {
  return compact<SocketAddressJson>({ address: unlessDefault(address.address), portValue: address.port })
}

export function decodeAddress(json: AddressJson | undefined): SocketAddress {
  return { address: json?.socketAddress?.address ?? '', port: json?.socketAddress?.portValue ?? 0 }
}

/** Map entries have no order in the protocol; sorted, so that equal content has equal bytes. */
export function encodeMetadata(metadata: Metadata | undefined): MetadataJson | undefined {
  if (metadata === undefined) return undefined
  return Object.keys(metadata).length === 0 ? {} : { filterMetadata: sortStruct(metadata) }
}

export function decodeMetadata(json: MetadataJson | undefined): Metadata | undefined {
  return json === undefined ? undefined : ((json.filterMetadata ?? {}) as Metadata)
}

type Struct = { [key: string]: Value }
type Value = string | number | boolean | null | Struct | Value[]

export function sortStruct(struct: MetadataStruct): { [key: string]: Struct } {
  return sortValue(struct) as { [key: string]: Struct }
}

function sortValue(value: MetadataValue): Value {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item: MetadataValue) => sortValue(item))
  const struct = value as MetadataStruct
  const result: Struct = {}
  for (const key of Object.keys(struct).toSorted()) result[key] = sortValue(struct[key] ?? null)
  return result
}

export function encodeFractionalPercent(percent: FractionalPercent): FractionalPercentJson {
  return compact<FractionalPercentJson>({
    numerator: unlessDefault(percent.numerator),
    denominator: percent.denominator === 'HUNDRED' ? undefined : percent.denominator,
  })
}

export function decodeFractionalPercent(json: FractionalPercentJson | undefined): FractionalPercent {
  return { numerator: json?.numerator ?? 0, denominator: json?.denominator ?? 'HUNDRED' }
}

/** Over the stream that the resource itself came on; wait for it as long as it takes. */
export const adsConfigSource: ConfigSourceJson = { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' }
