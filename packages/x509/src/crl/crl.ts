/** Certificate revocation lists of version 2 (RFC 5280 section 5): complete lists of one issuer, no deltas and no partitions. */
import type { DistinguishedName } from '../model/name.js'
import type { SignedPart } from '../model/signature.js'

/** RFC 5280 section 5.3.1, in the order of their numbers; 7 is not used. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'unused',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const

export type RevocationReason = Exclude<(typeof revocationReasons)[number], 'unused' | 'removeFromCRL'>

export interface RevokedCertificate {
  /** As in `Certificate.serialHex`. */
  readonly serialHex: string
  /** Milliseconds since the Unix epoch. */
  readonly revokedAtMs: number
  /** Default: none given. */
  readonly reason?: RevocationReason
}

export interface Crl {
  readonly der: Uint8Array
  readonly issuer: DistinguishedName
  /** Milliseconds since the Unix epoch. */
  readonly thisUpdateMs: number
  /** Milliseconds since the Unix epoch; the list says nothing afterwards. */
  readonly nextUpdateMs: number
  /** Grows with each list of the issuer. */
  readonly number: bigint
  /** Lower-case hexadecimal; undefined when the list names none. */
  readonly authorityKeyId: string | undefined
  /** By serial number. */
  readonly revoked: ReadonlyMap<string, RevokedCertificate>
  readonly signature: SignedPart
}
