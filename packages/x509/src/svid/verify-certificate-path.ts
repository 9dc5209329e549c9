/** The path check for certificates that name no workload (RFC 5280): who vouches for them, not what they may be used for. */
import { type PathFault, buildPath } from './certification-path.js'
import type { Crl } from '../crl/crl.js'
import { type ChainFault, parseChain } from './parse-chain.js'
import type { TrustAnchor } from './trust-bundle.js'

export interface CertificatePathInput {
  /** DER as the peer presented it, leaf first; at most 8. */
  readonly chain: readonly Uint8Array[]
  readonly anchors: readonly TrustAnchor[]
  /** Wall time in milliseconds. */
  readonly nowMs: number
  /** Revocation lists to heed. Default: none. */
  readonly crls?: readonly Crl[]
}

export type CertificatePathResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: ChainFault | PathFault; readonly message: string }

/** Whether the chain leads to an anchor now. Names and key usages of the leaf are the caller's matter. */
export function verifyCertificatePath({ chain, anchors, nowMs, crls }: CertificatePathInput): CertificatePathResult {
  const parsed = parseChain(chain)
  if (!parsed.ok) return parsed
  const [leaf, ...intermediates] = parsed.certificates
  const result = buildPath(leaf, { intermediates, anchors, nowMs, ...(crls && { crls }) })
  return result.ok ? { ok: true } : result
}
