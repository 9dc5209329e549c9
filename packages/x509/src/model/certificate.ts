/** The certificate model (RFC 5280 section 4.1). Parsing checks form only; whether it may be trusted is `svid/` and the path check. */
import { attempt, refuse } from '../der/der-fault.js'
import { contentOf, enter, finish, readWhole, take, takeInteger, takeOptional, takeSmallInteger } from '../der/read-der.js'
import { contextConstructedTag, contextTag, tag } from '../der/tag.js'
import { takeTime } from '../der/time.js'
import type { CertificateExtensions } from './extensions.js'
import { type DistinguishedName, readName } from './name.js'
import { type PublicKeyInfo, readPublicKey } from './public-key.js'
import { readExtensions } from './read-extensions.js'
import type { SignedPart } from './signature.js'
import { readSignedStructure, takeRepeatedAlgorithm } from './signed-structure.js'

export interface Certificate {
  readonly der: Uint8Array
  readonly version: 1 | 2 | 3
  /** Lower-case hexadecimal without sign octet; `0` only in certificates that break RFC 5280. */
  readonly serialHex: string
  readonly issuer: DistinguishedName
  readonly subject: DistinguishedName
  /** Milliseconds since the Unix epoch; the certificate is valid from here on. */
  readonly notBeforeMs: number
  /** Milliseconds since the Unix epoch; the last valid second starts here. */
  readonly notAfterMs: number
  readonly publicKey: PublicKeyInfo
  readonly extensions: CertificateExtensions
  readonly signature: SignedPart
}

export type CertificateResult = { readonly ok: true; readonly certificate: Certificate } | { readonly ok: false; readonly reason: string }

const maxCertificateBytes = 64 * 1024

/** Reads one DER certificate; trailing bytes, indefinite or padded lengths and repeated extensions are refused. */
export function parseCertificate(der: Uint8Array): CertificateResult {
  if (der.length > maxCertificateBytes) return { ok: false, reason: `the certificate is longer than ${maxCertificateBytes} bytes` }
  const result = attempt(() => readCertificate(der))
  return result.ok ? { ok: true, certificate: result.value } : result
}

function readCertificate(der: Uint8Array): Certificate {
  const signed = readSignedStructure(der, 'the certificate')
  const fields = enter(signed.body)
  const version = readVersion(takeOptional(fields, contextConstructedTag(0), 'the version'))
  const serialHex = readSerial(takeInteger(fields, 'the serial number'))
  takeRepeatedAlgorithm(fields, signed)
  const issuer = readName(take(fields, tag.sequence, 'the issuer'))
  const validity = enter(take(fields, tag.sequence, 'the validity'))
  const notBeforeMs = takeTime(validity, 'notBefore')
  const notAfterMs = takeTime(validity, 'notAfter')
  finish(validity, 'the validity')
  const subject = readName(take(fields, tag.sequence, 'the subject'))
  const publicKey = readPublicKey(take(fields, tag.sequence, 'the public key'))
  takeOptional(fields, contextTag(1), 'the issuer unique id')
  takeOptional(fields, contextTag(2), 'the subject unique id')
  const wrapper = takeOptional(fields, contextConstructedTag(3), 'the extensions')
  finish(fields, "the certificate's body")
  if (wrapper && version !== 3) refuse('only certificates of version 3 have extensions')
  const list = wrapper && readWhole(contentOf(wrapper), tag.sequence, 'the extensions')

  return {
    der,
    version,
    serialHex,
    issuer,
    subject,
    notBeforeMs,
    notAfterMs,
    publicKey,
    extensions: readExtensions(list),
    signature: signed.signature,
  }
}

function readVersion(wrapper: ReturnType<typeof takeOptional>): 1 | 2 | 3 {
  if (!wrapper) return 1
  const fields = enter(wrapper)
  const version = takeSmallInteger(fields, 'the version') + 1
  finish(fields, 'the version')
  if (version !== 2 && version !== 3) refuse('the version is not 1, 2 or 3')
  return version
}

export function readSerial(content: Uint8Array): string {
  if ((content[0] as number) >= 0x80) refuse('the serial number is negative')
  const magnitude = content[0] === 0 && content.length > 1 ? content.subarray(1) : content
  if (magnitude.length > 20) refuse('the serial number is longer than 20 octets')
  return magnitude.length === 1 && magnitude[0] === 0 ? '0' : Buffer.from(magnitude).toString('hex')
}
