/** Writes and signs revocation lists, for consumers outside the mesh: inside, the deny-list is quicker. */
import { HeddleError } from '@heddle/base'
import { oid } from '../der/oid.js'
import { contextTag, tag } from '../der/tag.js'
import { writeTime } from '../der/time.js'
import { writeBits, writeExplicit, writeSequence, writeUnsignedInteger, writeValue } from '../der/write-der.js'
import type { Certificate } from '../model/certificate.js'
import { issuerKeyId } from '../model/issue-certificate.js'
import { signatureAlgorithmOf } from '../model/signature.js'
import type { Signer } from '../model/signer.js'
import { writeExtension } from '../model/write-extensions.js'
import { type RevokedCertificate, revocationReasons } from './crl.js'

export interface CrlFields {
  /** Not negative; grows with each list. */
  readonly number: bigint
  /** Milliseconds since the Unix epoch, rounded down to a second. */
  readonly thisUpdateMs: number
  /** Milliseconds since the Unix epoch, rounded down to a second; after `thisUpdateMs`. */
  readonly nextUpdateMs: number
  readonly revoked: readonly RevokedCertificate[]
}

export interface CrlIssuer {
  readonly signer: Signer
  /** A CA that may sign revocation lists. */
  readonly certificate: Certificate
}

/**
 * The DER of a list of version 2.
 * @throws HeddleError `HEDDLE_X509_FIELDS_INVALID`, and what the signer throws.
 */
export async function createCrl(fields: CrlFields, { signer, certificate }: CrlIssuer): Promise<Uint8Array> {
  checkFields(fields, certificate)
  const algorithm = signatureAlgorithmOf(signer.algorithm)
  const extensions = writeSequence(
    writeExtension(oid.authorityKeyId, false, writeSequence(writeValue(contextTag(0), issuerKeyId(certificate)))),
    writeExtension(oid.crlNumber, false, writeUnsignedInteger(octetsOf(fields.number))),
  )
  const tbs = writeSequence(
    writeUnsignedInteger(Uint8Array.of(1)),
    algorithm,
    certificate.subject.der,
    writeTime(fields.thisUpdateMs),
    writeTime(fields.nextUpdateMs),
    ...(fields.revoked.length > 0 ? [writeSequence(...fields.revoked.map(writeEntry))] : []),
    writeExplicit(0, extensions),
  )
  return writeSequence(tbs, algorithm, writeBits(await signer.sign(tbs)))
}

function writeEntry({ serialHex, revokedAtMs, reason }: RevokedCertificate): Uint8Array {
  const serial = writeUnsignedInteger(Buffer.from(serialHex.length % 2 === 0 ? serialHex : `0${serialHex}`, 'hex'))
  // RFC 5280 wants no reason rather than `unspecified`.
  if (reason === undefined || reason === 'unspecified') return writeSequence(serial, writeTime(revokedAtMs))
  const code = writeValue(tag.enumerated, Uint8Array.of(revocationReasons.indexOf(reason)))
  return writeSequence(serial, writeTime(revokedAtMs), writeSequence(writeExtension(oid.reasonCode, false, code)))
}

function octetsOf(value: bigint): Uint8Array {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

function checkFields({ number, thisUpdateMs, nextUpdateMs, revoked }: CrlFields, { extensions }: Certificate): void {
  if (number < 0n || number >= 1n << 159n) throw invalid('its number must be between 0 and 2^159')
  if (!(thisUpdateMs < nextUpdateMs)) throw invalid('its next update must come after it')
  if (revoked.some(({ serialHex }) => !/^[0-9a-f]{1,40}$/.test(serialHex))) throw invalid('a serial number is not hexadecimal')
  if (extensions.keyUsage && !extensions.keyUsage.usages.includes('cRLSign')) throw invalid('its issuer may not sign revocation lists')
}

function invalid(reason: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_X509_FIELDS_INVALID', message: `cannot write the revocation list: ${reason}` })
}
