/**
 * The roots of each trust domain, parsed once with their keys loaded. A bundle never changes: a new root means a new bundle, and
 * with it an empty memory of verified paths, so nothing verified under old roots outlives them.
 */
import type { KeyObject } from 'node:crypto'
import { HeddleError } from '@heddle/base'
import { type Certificate, parseCertificate } from '../model/certificate.js'
import type { Crl } from '../crl/crl.js'
import { type KeyAlgorithm, defaultKeyAlgorithms, importPublicKey, keyFault } from '../model/public-key.js'
import { parseCertificatePem } from '../pem.js'

export interface TrustBundleOptions {
  /** PEM of one or more roots (or trusted intermediates) by trust domain. An empty text means: trust nothing of that domain. */
  readonly roots: Readonly<Record<string, string>>
  /** Kinds of keys that will do in a chain. Default: P-256, P-384 and RSA. */
  readonly keyAlgorithms?: readonly KeyAlgorithm[]
  /** Revocation lists that every path is held to. Default: none. */
  readonly crls?: readonly Crl[]
}

export interface TrustAnchor {
  readonly certificate: Certificate
  readonly key: KeyObject
}

export interface TrustBundle {
  readonly trustDomains: readonly string[]
  readonly keyAlgorithms: readonly KeyAlgorithm[]
  readonly crls: readonly Crl[]
  /** Undefined when the trust domain is not in the bundle. */
  anchorsOf(trustDomain: string): readonly TrustAnchor[] | undefined
  /** @internal Paths that verified under these roots; see verify-svid-path. */
  readonly verifiedPaths: VerifiedPaths
}

/** What a verified path proved, and while which dates it stays true. */
interface VerifiedPath {
  readonly leaf: Certificate
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

interface VerifiedPaths {
  get(fingerprint: string): VerifiedPath | undefined
  add(fingerprint: string, path: VerifiedPath): void
}

const maxRememberedPaths = 1024

/** @throws HeddleError `HEDDLE_X509_BUNDLE_INVALID` when a root is not a readable CA certificate under the key rules. */
export function createTrustBundle(options: TrustBundleOptions): TrustBundle {
  const keyAlgorithms = options.keyAlgorithms ?? defaultKeyAlgorithms
  const byDomain = new Map(
    Object.entries(options.roots).map(([trustDomain, pem]) => [trustDomain, readAnchors(trustDomain, pem, keyAlgorithms)]),
  )
  return {
    trustDomains: [...byDomain.keys()],
    keyAlgorithms,
    crls: options.crls ?? [],
    anchorsOf: (trustDomain) => byDomain.get(trustDomain),
    verifiedPaths: createVerifiedPaths(),
  }
}

function readAnchors(trustDomain: string, pem: string, keyAlgorithms: readonly KeyAlgorithm[]): readonly TrustAnchor[] {
  if (pem.trim() === '') return []
  const result = parseCertificatePem(pem)
  if (!result.ok) throw invalid(trustDomain, result.reason)
  return result.ders.map((der) => {
    const parsed = parseCertificate(der)
    if (!parsed.ok) throw invalid(trustDomain, parsed.reason)
    const { certificate } = parsed
    if (!certificate.extensions.basicConstraints?.isCa) throw invalid(trustDomain, `"${certificate.subject.text}" is not a CA certificate`)
    const fault = keyFault(certificate.publicKey, keyAlgorithms)
    const key = fault === undefined ? importPublicKey(certificate.publicKey) : undefined
    if (!key)
      throw invalid(trustDomain, `the key of "${certificate.subject.text}" is refused: ${fault ?? 'it is not a valid point or modulus'}`)
    return { certificate, key }
  })
}

/** Oldest first out; verifying again costs a tenth of a millisecond. */
function createVerifiedPaths(): VerifiedPaths {
  const paths = new Map<string, VerifiedPath>()
  return {
    get: (fingerprint) => paths.get(fingerprint),
    add(fingerprint, path) {
      if (paths.size >= maxRememberedPaths) paths.delete(paths.keys().next().value as string)
      paths.set(fingerprint, path)
    },
  }
}

function invalid(trustDomain: string, reason: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_X509_BUNDLE_INVALID',
    message: `the trust bundle of "${trustDomain}" cannot be used: ${reason}`,
    hint: 'Give the root certificates in PEM, each with basic constraints CA:TRUE.',
  })
}
