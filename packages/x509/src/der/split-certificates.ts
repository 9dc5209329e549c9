/** Certificates that stand one after the other without anything between, as the SPIFFE Workload API hands them over. */
import { attempt, refuse } from './der-fault.js'
import { type DerCursor, encodingOf, hasMore, take } from './read-der.js'
import { tag } from './tag.js'

const maxCertificates = 64

/** Each as its own DER; what is inside is not looked at. */
export function splitCertificates(
  bytes: Uint8Array,
): { readonly ok: true; readonly ders: readonly Uint8Array[] } | { readonly ok: false; readonly reason: string } {
  const result = attempt(() => {
    const cursor: DerCursor = { bytes, offset: 0, end: bytes.length, depth: 0 }
    const ders: Uint8Array[] = []
    while (hasMore(cursor)) {
      if (ders.length >= maxCertificates) refuse(`there are more than ${maxCertificates} certificates`)
      ders.push(encodingOf(take(cursor, tag.sequence, 'a certificate')))
    }
    return ders
  })
  return result.ok ? { ok: true, ders: result.value } : result
}
