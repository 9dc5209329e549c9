/**
 * The rules that a certificate must meet to name a workload (X509-SVID sections 2, 4 and 5.2): exactly one URI name, a SPIFFE id
 * with a path, not a CA, and a key that signs handshakes and nothing else. Roots and dates are the path check's matter.
 */
import { type SpiffeId, parseSpiffeId } from '@heddle/base'
import { oid } from '../der/oid.js'
import type { Certificate } from '../model/certificate.js'

export type SvidLeafFault =
  | 'leaf-version'
  | 'leaf-san-missing'
  | 'leaf-uri-count'
  | 'leaf-id-invalid'
  | 'leaf-id-without-path'
  | 'leaf-is-ca'
  | 'leaf-key-usage'
  | 'leaf-extended-key-usage'

export type SvidLeafResult =
  | { readonly ok: true; readonly id: SpiffeId }
  | { readonly ok: false; readonly reason: SvidLeafFault; readonly message: string }

/** The part a peer plays in the handshake; the certificate's extended key usage must allow it. */
export type PeerRole = 'client' | 'server'

/** @param role when absent, an extended key usage must allow both roles, as the specification asks of an SVID. */
export function checkSvidLeaf(certificate: Certificate, role?: PeerRole): SvidLeafResult {
  if (certificate.version !== 3) return fault('leaf-version', `the certificate is of version ${certificate.version}, expected 3`)
  return checkLeafUse(certificate, role) ?? readLeafId(certificate)
}

function readLeafId({ extensions, subject }: Certificate): SvidLeafResult {
  const names = extensions.subjectAltNames
  if (!names) return fault('leaf-san-missing', 'the certificate has no subject alternative name')
  if (subject.text === '' && !names.isCritical)
    return fault('leaf-san-missing', 'the subject is empty and its alternative name is not critical')
  const [uri, second] = names.uris
  if (uri === undefined || second !== undefined)
    return fault('leaf-uri-count', `the certificate has ${names.uris.length} URI names, expected one`)
  const result = parseSpiffeId(uri)
  if (!result.ok) return fault('leaf-id-invalid', result.reason)
  if (result.id.path === '') return fault('leaf-id-without-path', `"${uri}" names a trust domain, not a workload`)
  return { ok: true, id: result.id }
}

/** What a certificate must be fit for to play a part; without one, for both. */
export function purposesOf(role: PeerRole | undefined): readonly ('clientAuth' | 'serverAuth')[] {
  return role === undefined ? ['clientAuth', 'serverAuth'] : [`${role}Auth`]
}

function checkLeafUse({ extensions }: Certificate, role: PeerRole | undefined): SvidLeafResult | undefined {
  const { basicConstraints, keyUsage, extendedKeyUsage } = extensions
  if (basicConstraints?.isCa) return fault('leaf-is-ca', 'the certificate is a CA and cannot name a workload')
  if (!keyUsage?.isCritical) return fault('leaf-key-usage', 'the certificate has no critical key usage')
  if (!keyUsage.usages.includes('digitalSignature')) return fault('leaf-key-usage', 'the key usage lacks digitalSignature')
  if (keyUsage.usages.includes('keyCertSign') || keyUsage.usages.includes('cRLSign')) {
    return fault('leaf-key-usage', 'the key usage allows signing certificates or revocation lists')
  }
  if (!extendedKeyUsage) return undefined
  const missing = purposesOf(role).find((name) => !extendedKeyUsage.purposes.includes(oid[name]))
  return missing && fault('leaf-extended-key-usage', `the extended key usage lacks ${missing}`)
}

function fault(reason: SvidLeafFault, message: string): SvidLeafResult {
  return { ok: false, reason, message }
}
