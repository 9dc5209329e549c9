/**
 * Who is not believed any more although the certificate is in order: by SPIFFE id, or by the serial number of one certificate. It
 * reaches every proxy within seconds, where a revocation list waits to be fetched.
 */
import type { SpiffeId } from '@heddle/base'
import type { Certificate } from '../model/certificate.js'

export interface DenyListFields {
  /** Such as `spiffe://cluster.local/ns/default/sa/hello`, compared byte by byte. Default: none. */
  readonly spiffeIds?: Iterable<string>
  /** As in `Certificate.serialHex`. Default: none. */
  readonly serials?: Iterable<string>
}

export interface DenyList {
  readonly size: number
  /** What is denied of a peer, in words; undefined when nothing is. */
  faultOf(leaf: Certificate, id: SpiffeId): string | undefined
}

/** The list never changes: who needs another makes another. */
export function createDenyList(fields: DenyListFields = {}): DenyList {
  const spiffeIds = new Set(fields.spiffeIds)
  const serials = new Set(fields.serials)
  return {
    size: spiffeIds.size + serials.size,
    faultOf(leaf, id) {
      if (spiffeIds.has(id.uri)) return `"${id.uri}" is on the deny-list`
      return serials.has(leaf.serialHex) ? `the certificate ${leaf.serialHex} of "${id.uri}" is on the deny-list` : undefined
    },
  }
}
