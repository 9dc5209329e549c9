/**
 * Certification path building and validation (RFC 5280 section 6, as far as a mesh needs it): names chain, key identifiers agree,
 * signatures verify, every issuer is a CA that may sign, path lengths and dates hold, nothing critical is left unread, and no
 * revocation list that is given names a member. Work is bounded: at most 16 signatures are verified for one peer, whatever it
 * sends. Refused by design rather than processed: name constraints, and policy extensions when they are critical.
 */
import type { KeyObject } from 'node:crypto'
import type { Certificate } from '../model/certificate.js'
import { isCrlOf, revocationOf } from '../crl/check-crl.js'
import type { Crl } from '../crl/crl.js'
import { oid } from '../der/oid.js'
import { type KeyAlgorithm, defaultKeyAlgorithms, importPublicKey, keyFault } from '../model/public-key.js'
import { verifySignature } from '../model/signature.js'
import type { TrustAnchor } from './trust-bundle.js'

export type PathFault =
  | 'issuer-unknown'
  | 'signature-invalid'
  | 'signature-algorithm-refused'
  | 'key-refused'
  | 'issuer-not-ca'
  | 'issuer-unnamed'
  | 'issuer-key-usage'
  | 'issuer-extended-key-usage'
  | 'serial-not-positive'
  | 'path-length-exceeded'
  | 'path-too-long'
  | 'critical-extension-unknown'
  | 'not-yet-valid'
  | 'expired'
  | 'revoked'

interface PathRefusal {
  readonly ok: false
  readonly reason: PathFault
  readonly message: string
}

/** Leaf first, trust anchor last. */
export type PathResult = { readonly ok: true; readonly path: readonly Certificate[] } | PathRefusal

const maxPathCertificates = 8
const maxSignatureChecks = 16

export interface PathInput {
  /** In any order, untrusted. */
  readonly intermediates: readonly Certificate[]
  readonly anchors: readonly TrustAnchor[]
  readonly nowMs: number
  /** Kinds of keys that will do. Default: P-256, P-384 and RSA. */
  readonly keyAlgorithms?: readonly KeyAlgorithm[]
  /** Lists that count while they are in time and signed by the issuer they name; without a list nothing is revoked. Default: none. */
  readonly crls?: readonly Crl[]
  /**
   * `svid`: everything below the anchor obeys what RFC 5280 asks of issuers, too: positive serial numbers, critical basic
   * constraints, and leaves that name their issuer's key. `any`: certificates of other worlds, which often do not. Default: `any`.
   */
  readonly profile?: 'svid' | 'any'
  /** What an intermediate with an extended key usage must allow, as object identifiers. Default: anything. */
  readonly purposes?: readonly string[]
}

interface Search extends Required<PathInput> {
  signatureChecks: number
}

export function buildPath(leaf: Certificate, input: PathInput): PathResult {
  const search: Search = { keyAlgorithms: defaultKeyAlgorithms, crls: [], profile: 'any', purposes: [], ...input, signatureChecks: 0 }
  return checkAlone(leaf, search) ?? checkSerial(leaf, search) ?? extend([leaf], search)
}

function extend(path: readonly Certificate[], search: Search): PathResult {
  const subject = path.at(-1) as Certificate
  if (path.length >= maxPathCertificates)
    return refusal('path-too-long', subject, `has more than ${maxPathCertificates} certificates above it`)
  let best: PathRefusal | undefined
  for (const anchor of search.anchors) {
    if (!isNamedIssuer(anchor.certificate, path, search)) continue
    const fault = checkIssuer(anchor.certificate, anchor.key, path, search)
    if (!fault) return { ok: true, path: [...path, anchor.certificate] }
    best ??= fault
  }
  for (const candidate of search.intermediates) {
    if (path.includes(candidate) || !isNamedIssuer(candidate, path, search)) continue
    const key = importPublicKey(candidate.publicKey)
    const fault = key ? checkIssuer(candidate, key, path, search) : refusal('key-refused', candidate, 'has a key that is not accepted')
    const result = fault ?? extend([...path, candidate], search)
    if (result.ok) return result
    best ??= result
  }
  return (
    best ??
    refusal('issuer-unknown', subject, `is issued by "${subject.issuer.text}", which is neither in the trust bundle nor was it sent`)
  )
}

function isNamedIssuer(issuer: Certificate, path: readonly Certificate[], { profile }: Search): boolean {
  const subject = path.at(-1) as Certificate
  if (Buffer.compare(issuer.subject.der, subject.issuer.der) !== 0) return false
  const { authorityKeyId } = subject.extensions
  const { subjectKeyId } = issuer.extensions
  if (authorityKeyId !== undefined && subjectKeyId !== undefined) return authorityKeyId === subjectKeyId
  // Istio's instructions make intermediates without the identifier, and old roots have none that could be named; a leaf has no excuse.
  return profile === 'any' || path.length > 1 || subjectKeyId === undefined
}

/** Cheap rules first, the signature last. */
function checkIssuer(issuer: Certificate, key: KeyObject, path: readonly Certificate[], search: Search): PathRefusal | undefined {
  const subject = path.at(-1) as Certificate
  const fault = checkAlone(issuer, search) ?? checkAuthority(issuer, path, search)
  if (fault) return fault
  if (!subject.signature.algorithm.known) {
    return refusal('signature-algorithm-refused', subject, `is signed with ${subject.signature.algorithm.oid}, which is not accepted`)
  }
  if (++search.signatureChecks > maxSignatureChecks) return tooManyChecks(subject)
  if (!verifySignature(subject.signature, key)) {
    return refusal('signature-invalid', subject, `is not signed by "${issuer.subject.text}"`)
  }
  return checkRevocation(subject, issuer, key, search)
}

/** A list that is too old says nothing: the mesh's own answer to a stolen key is the deny-list and a short life. */
function checkRevocation(subject: Certificate, issuer: Certificate, key: KeyObject, search: Search): PathRefusal | undefined {
  for (const crl of search.crls) {
    const entry = revocationOf(crl, subject)
    const isInTime = search.nowMs >= crl.thisUpdateMs && search.nowMs < crl.nextUpdateMs + 1000
    if (!entry || !isInTime) continue
    // Whoever sends so much that a list could not be checked is refused: silence would let a revoked leaf through.
    if (++search.signatureChecks > maxSignatureChecks) return tooManyChecks(subject)
    if (!isCrlOf(crl, issuer, key)) continue
    return refusal('revoked', subject, `was revoked ${iso(entry.revokedAtMs)}${entry.reason ? ` (${entry.reason})` : ''}`)
  }
  return undefined
}

function checkAuthority(issuer: Certificate, path: readonly Certificate[], search: Search): PathRefusal | undefined {
  const { basicConstraints, keyUsage } = issuer.extensions
  if (!basicConstraints?.isCa) return refusal('issuer-not-ca', issuer, 'is not a CA')
  if (issuer.subject.text === '') return refusal('issuer-unnamed', issuer, 'issues certificates and has no subject')
  // A trust anchor is trusted as it stands, and old roots lack the extension; an intermediate has no such excuse (RFC 5280 section 4.2.1.3).
  const isAnchor = search.anchors.some((anchor) => anchor.certificate === issuer)
  if (keyUsage ? !keyUsage.usages.includes('keyCertSign') : !isAnchor)
    return refusal('issuer-key-usage', issuer, 'may not sign certificates')
  const fault = isAnchor ? undefined : checkIntermediate(issuer, search)
  if (fault) return fault
  // Only intermediates count, and not those that an authority issued to itself (RFC 5280 section 4.2.1.9).
  const below = path.slice(1).filter((certificate) => Buffer.compare(certificate.subject.der, certificate.issuer.der) !== 0).length
  if (basicConstraints.pathLength === undefined || below <= basicConstraints.pathLength) return undefined
  return refusal('path-length-exceeded', issuer, `allows ${basicConstraints.pathLength} intermediates below it, found ${below}`)
}

function checkIntermediate(issuer: Certificate, search: Search): PathRefusal | undefined {
  const { basicConstraints, extendedKeyUsage } = issuer.extensions
  if (search.profile === 'svid' && !basicConstraints?.isCritical)
    return refusal('issuer-not-ca', issuer, 'has basic constraints that are not critical')
  // RFC 5280 says nothing of this extension in a CA; OpenSSL, Go and the web hold what is below to it, and who wrote it meant that.
  const missing = search.purposes.find((purpose) => !extendedKeyUsage?.purposes.includes(purpose))
  if (extendedKeyUsage && missing !== undefined && !extendedKeyUsage.purposes.includes(oid.anyExtendedKeyUsage))
    return refusal('issuer-extended-key-usage', issuer, `may not issue certificates for ${missing}`)
  return checkSerial(issuer, search)
}

function checkSerial(certificate: Certificate, { profile }: Search): PathRefusal | undefined {
  return profile === 'svid' && certificate.serialHex === '0'
    ? refusal('serial-not-positive', certificate, 'has the serial number zero')
    : undefined
}

function checkAlone(certificate: Certificate, { nowMs, keyAlgorithms }: Search): PathRefusal | undefined {
  if (nowMs < certificate.notBeforeMs)
    return refusal('not-yet-valid', certificate, `is valid from ${iso(certificate.notBeforeMs)}, now is ${iso(nowMs)}`)
  // notAfter is inclusive to its whole second (RFC 5280 section 4.1.2.5).
  if (nowMs >= certificate.notAfterMs + 1000)
    return refusal('expired', certificate, `ended ${iso(certificate.notAfterMs)}, now is ${iso(nowMs)}`)
  const keyProblem = keyFault(certificate.publicKey, keyAlgorithms)
  if (keyProblem !== undefined) return refusal('key-refused', certificate, keyProblem)
  const [unhandled] = certificate.extensions.unhandled
  return unhandled === undefined
    ? undefined
    : refusal('critical-extension-unknown', certificate, `has extension ${unhandled}, which is not understood`)
}

function tooManyChecks(certificate: Certificate): PathRefusal {
  return refusal('path-too-long', certificate, `needs more than ${maxSignatureChecks} signature checks`)
}

function refusal(reason: PathFault, certificate: Certificate, what: string): PathRefusal {
  const [uri] = certificate.extensions.subjectAltNames?.uris ?? []
  return { ok: false, reason, message: `the certificate "${certificate.subject.text || uri || certificate.serialHex}" ${what}` }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
