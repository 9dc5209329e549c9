/** What may be shown of a secret: what it is, whose and how long; never a key. */
import { createHash } from 'node:crypto'
import type { SecretSource } from '@heddle/routing'
import { parseCertificate, parseCertificatePem } from '@heddle/x509'

export interface SecretRow {
  readonly name: string
  readonly type: string
  /** `WARMING`: something refers to it and it has not come. */
  readonly status: 'ACTIVE' | 'WARMING'
  readonly valid?: string
  readonly serial_number?: string
  readonly not_before?: string
  readonly not_after?: string
  readonly uris?: readonly string[]
  readonly dns_names?: readonly string[]
  /** SHA-256 of the DER. */
  readonly fingerprint?: string
  /** Of the key that signed it, and of its own. */
  readonly authority_key_id?: string
  readonly subject_key_id?: string
  /** Of a chain with intermediates: the key that its last certificate is signed with, which is the root's; empty when it does not say. */
  readonly root_key_id?: string
}

/** One row for a certificate, one for each root. */
export function secretRows(secrets: SecretSource, name: string, nowMs: number): readonly SecretRow[] {
  const secret = secrets.get(name)
  if (!secret) return [{ name, type: 'unknown', status: 'WARMING' }]
  const pem = parseCertificatePem(secret.kind === 'certificate' ? secret.certificateChainPem : secret.rootsPem)
  const type = secret.kind === 'certificate' ? 'Cert Chain' : 'CA'
  if (!pem.ok) return [{ name, type, status: 'ACTIVE', valid: 'false' }]
  const last = pem.ders.length > 1 && secret.kind === 'certificate' ? parseCertificate(pem.ders.at(-1) as Uint8Array) : undefined
  const rootKeyId = last && ((last.ok && last.certificate.extensions.authorityKeyId) || '')
  return pem.ders.slice(0, secret.kind === 'certificate' ? 1 : undefined).map((der) => {
    const parsed = parseCertificate(der)
    if (!parsed.ok) return { name, type, status: 'ACTIVE', valid: 'false' }
    const { notBeforeMs, notAfterMs, serialHex, extensions } = parsed.certificate
    return {
      name,
      type,
      status: 'ACTIVE',
      valid: String(nowMs >= notBeforeMs && nowMs < notAfterMs),
      serial_number: serialHex,
      not_before: new Date(notBeforeMs).toISOString(),
      not_after: new Date(notAfterMs).toISOString(),
      uris: extensions.subjectAltNames?.uris ?? [],
      dns_names: extensions.subjectAltNames?.dnsNames ?? [],
      fingerprint: createHash('sha256').update(der).digest('hex'),
      ...(extensions.authorityKeyId !== undefined && { authority_key_id: extensions.authorityKeyId }),
      ...(extensions.subjectKeyId !== undefined && { subject_key_id: extensions.subjectKeyId }),
      ...(rootKeyId !== undefined && { root_key_id: rootKeyId }),
    }
  })
}
