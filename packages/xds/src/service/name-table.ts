/** Istio's name table (NDS): the names that a proxy answers to its app, with their addresses. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { NameTableSchema } from '../gen/istio/networking/nds/v1/nds_pb.js'

export interface NameEntry {
  readonly addresses: readonly string[]
  /** Such as `Kubernetes`. */
  readonly registry: string
  /** The name within its namespace. */
  readonly shortName: string
  readonly namespace: string
}

/** Keys are full host names. */
export type NameTable = Readonly<Record<string, NameEntry>>

/** Names in order, so that equal tables have equal bytes. */
export function encodeNameTable(table: NameTable): Uint8Array {
  const entries = Object.entries(table).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const message = create(NameTableSchema, {
    table: Object.fromEntries(
      entries.map(([host, entry]) => [
        host,
        { ips: [...entry.addresses], registry: entry.registry, shortname: entry.shortName, namespace: entry.namespace },
      ]),
    ),
  })
  return toBinary(NameTableSchema, message)
}

/** @throws when the bytes are no such message. */
export function decodeNameTable(bytes: Uint8Array): NameTable {
  const { table } = fromBinary(NameTableSchema, bytes)
  return Object.fromEntries(
    Object.entries(table).map(([host, { ips, registry, shortname, namespace }]) => [
      host,
      { addresses: ips, registry, shortName: shortname, namespace },
    ]),
  )
}
