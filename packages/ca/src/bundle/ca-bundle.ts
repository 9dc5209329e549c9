/** What workloads are to trust: every published root, in the forms in which it is handed on. */
import { type Crl, type KeyAlgorithm, type TrustBundle, createTrustBundle, encodePem } from '@heddle/x509'
import type { RootPhase } from '../authority/ca-state.js'
import type { SigningSource } from '../authority/signing-source.js'
import type { JwtKey } from '../jwt/jwt-key.js'
import { fingerprintOfRoots } from './bundle-fingerprint.js'

export interface BundleRoot {
  /** SHA-256 of the root's DER, lower-case hexadecimal. */
  readonly fingerprint: string
  readonly phase: RootPhase
  readonly pem: string
}

export interface CaBundle {
  readonly trustDomain: string
  /** Every published root, in PEM. */
  readonly rootsPem: string
  readonly roots: readonly BundleRoot[]
  /** Of roots whose leaves are to be renewed at once. */
  readonly taintedRoots: readonly string[]
  /** Plugged-in revocation lists that every chain is held to, in PEM; empty when there are none. */
  readonly crlPem: string
  /** Roots and lists ready for `verifySvidPath`; aliases of the trust domain have the same roots. */
  readonly trustBundle: TrustBundle
  /** Changes exactly when the roots do, or which of them are tainted. */
  readonly fingerprint: string
  /** Grows with each change. */
  readonly sequence: number
  /** Verify JWT-SVIDs; empty for a plugged-in authority without a companion store. */
  readonly jwtKeys: readonly Pick<JwtKey, 'id' | 'publicKey'>[]
}

export interface BundleOptions {
  readonly trustDomain: string
  readonly aliases: readonly string[]
  readonly crls: readonly Crl[]
  /** Kinds of keys that leaves may have; those of the published roots are known besides. */
  readonly keyAlgorithms: readonly KeyAlgorithm[]
}

export function createBundle({ trustDomain, aliases, crls, keyAlgorithms }: BundleOptions, source: SigningSource): CaBundle {
  const roots = source.roots()
  const rootsPem = roots.map(({ pem }) => pem).join('')
  const own = [source.signer().signer.algorithm, ...roots.map(({ keyAlgorithm }) => keyAlgorithm)]
  return {
    trustDomain,
    rootsPem,
    crlPem: crls.map(({ der }) => encodePem('X509 CRL', der)).join(''),
    roots: roots.map(({ fingerprint, phase, pem }) => ({ fingerprint, phase, pem })),
    taintedRoots: roots.filter(({ phase }) => phase === 'tainted').map(({ fingerprint }) => fingerprint),
    trustBundle: createTrustBundle({
      roots: Object.fromEntries([trustDomain, ...aliases].map((name) => [name, rootsPem])),
      crls,
      keyAlgorithms: [...new Set([...keyAlgorithms, ...own])],
    }),
    fingerprint: fingerprintOfRoots(roots.map(({ fingerprint, phase }) => ({ fingerprint, isTainted: phase === 'tainted' }))),
    sequence: source.sequence(),
    jwtKeys: source.jwtKeys().map(({ id, publicKey }) => ({ id, publicKey })),
  }
}
