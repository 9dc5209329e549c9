/** Writes and signs version 3 certificates (RFC 5280). The caller decides every field; this file only keeps the result well formed. */
import type { KeyObject } from 'node:crypto'
import { HeddleError } from '@heddle/base'
import { writeTime } from '../der/time.js'
import { writeBits, writeExplicit, writeSequence, writeUnsignedInteger } from '../der/write-der.js'
import type { Certificate } from './certificate.js'
import type { KeyUsageName } from './extensions.js'
import { keyIdOf } from './key-pair.js'
import { type NameFields, writeName } from './name.js'
import { keyAlgorithmOf, signatureAlgorithmOf, signWith } from './signature.js'
import type { Signer } from './signer.js'
import { type AltNameFields, type KeyPurpose, writeExtensions } from './write-extensions.js'

export interface CertificateFields {
  /** 1 to 20 octets, unsigned, not zero. */
  readonly serial: Uint8Array
  /** Default: the empty name, with which the subject alternative names become critical. */
  readonly subject?: NameFields
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array
  /** Milliseconds since the Unix epoch, rounded down to a second. */
  readonly notBeforeMs: number
  /** Milliseconds since the Unix epoch, rounded down to a second. */
  readonly notAfterMs: number
  readonly altNames?: AltNameFields
  /** Default: no basic constraints extension. */
  readonly basicConstraints?: { readonly isCa: boolean; readonly pathLength?: number }
  readonly keyUsages: readonly KeyUsageName[]
  readonly purposes?: readonly KeyPurpose[]
}

export interface CertificateIssuer {
  readonly privateKey: KeyObject
  /** The issuer's own certificate. Default: the new certificate signs itself. */
  readonly certificate?: Certificate
}

export interface CertificateSigner {
  readonly signer: Signer
  /** The issuer's own certificate. Default: the new certificate signs itself. */
  readonly certificate?: Certificate
}

/**
 * The same as {@link issueCertificate}, with a key that may live elsewhere.
 * @throws HeddleError `HEDDLE_X509_FIELDS_INVALID`, and what the signer throws.
 */
export async function signCertificate(fields: CertificateFields, { signer, certificate }: CertificateSigner): Promise<Uint8Array> {
  const algorithm = signatureAlgorithmOf(signer.algorithm)
  const tbs = writeBody(fields, algorithm, certificate)
  return writeSequence(tbs, algorithm, writeBits(await signer.sign(tbs)))
}

/**
 * The DER of a new certificate, with subject and authority key identifiers.
 * @throws HeddleError `HEDDLE_X509_FIELDS_INVALID` when the serial or the validity cannot be written.
 */
export function issueCertificate(fields: CertificateFields, issuer: CertificateIssuer): Uint8Array {
  const algorithm = signatureAlgorithmOf(keyAlgorithmOf(issuer.privateKey))
  const tbs = writeBody(fields, algorithm, issuer.certificate)
  return writeSequence(tbs, algorithm, writeBits(signWith(issuer.privateKey, tbs)))
}

function writeBody(fields: CertificateFields, algorithm: Uint8Array, issuer: Certificate | undefined): Uint8Array {
  checkFields(fields)
  const subject = writeName(fields.subject ?? {})
  const subjectKeyId = keyIdOf(fields.publicKey)
  const extensions = writeExtensions({
    ...(fields.altNames && { altNames: fields.altNames, isAltNamesCritical: fields.subject === undefined }),
    ...(fields.basicConstraints && { basicConstraints: fields.basicConstraints }),
    ...(fields.purposes && { purposes: fields.purposes }),
    keyUsages: fields.keyUsages,
    subjectKeyId,
    authorityKeyId: issuer ? issuerKeyId(issuer) : subjectKeyId,
  })
  return writeSequence(
    writeExplicit(0, writeUnsignedInteger(Uint8Array.of(2))),
    writeUnsignedInteger(fields.serial),
    algorithm,
    issuer?.subject.der ?? subject,
    writeSequence(writeTime(fields.notBeforeMs), writeTime(fields.notAfterMs)),
    subject,
    fields.publicKey,
    ...(extensions ? [writeExplicit(3, extensions)] : []),
  )
}

/** The issuer's own subject key identifier, or the usual hash of its key when it was made without one. */
export function issuerKeyId(issuer: Certificate): Uint8Array {
  const { subjectKeyId } = issuer.extensions
  return subjectKeyId === undefined ? keyIdOf(issuer.publicKey.spki) : Buffer.from(subjectKeyId, 'hex')
}

function checkFields({ serial, notBeforeMs, notAfterMs }: CertificateFields): void {
  if (serial.length === 0 || serial.length > 20 || serial.every((octet) => octet === 0)) {
    throw invalid('the serial number must have 1 to 20 octets and not be zero')
  }
  const isRange = Number.isFinite(notBeforeMs) && notBeforeMs <= notAfterMs && notAfterMs < Date.UTC(10_000, 0, 1)
  if (!isRange || notBeforeMs < Date.UTC(1950, 0, 1))
    throw invalid('the validity must lie between 1950 and 9999 and not end before it begins')
}

function invalid(message: string): HeddleError {
  return new HeddleError({ code: 'HEDDLE_X509_FIELDS_INVALID', message: `cannot write the certificate: ${message}` })
}
