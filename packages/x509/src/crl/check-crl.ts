/** Whether a revocation list speaks for an issuer now, and what it says of a certificate (RFC 5280 section 6.3, complete lists only). */
import type { KeyObject } from 'node:crypto'
import type { Certificate } from '../model/certificate.js'
import { verifySignature } from '../model/signature.js'
import type { Crl, RevokedCertificate } from './crl.js'

/** Whether `issuer` signed the list with `key` and may sign lists. */
export function isCrlOf(crl: Crl, issuer: Certificate, key: KeyObject): boolean {
  if (Buffer.compare(crl.issuer.der, issuer.subject.der) !== 0) return false
  const { keyUsage, subjectKeyId } = issuer.extensions
  if (keyUsage && !keyUsage.usages.includes('cRLSign')) return false
  if (crl.authorityKeyId !== undefined && subjectKeyId !== undefined && crl.authorityKeyId !== subjectKeyId) return false
  return verifySignature(crl.signature, key)
}

/** The entry of a certificate in a list of its issuer; undefined when it is not revoked. */
export function revocationOf(crl: Crl, certificate: Certificate): RevokedCertificate | undefined {
  return Buffer.compare(crl.issuer.der, certificate.issuer.der) === 0 ? crl.revoked.get(certificate.serialHex) : undefined
}
