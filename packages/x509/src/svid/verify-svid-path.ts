/**
 * Decides who the peer of a TLS connection is, from the DER it presented: leaf rules, then the roots of the id's own trust domain
 * only, then the certification path. Called on every connection, so a chain that verified before costs one hash and two dates.
 */
import { createHash } from 'node:crypto'
import type { SpiffeId } from '@heddle/base'
import { oid } from '../der/oid.js'
import type { Certificate } from '../model/certificate.js'
import { type ChainFault, type ParsedChain, parseChain } from './parse-chain.js'
import { type PathFault, buildPath } from './certification-path.js'
import { type PeerRole, type SvidLeafFault, checkSvidLeaf, purposesOf } from './check-svid-leaf.js'
import type { DenyList } from './deny-list.js'
import type { TrustBundle } from './trust-bundle.js'

export type SvidPathFault = SvidLeafFault | PathFault | ChainFault | 'trust-domain-unknown' | 'id-unexpected' | 'denied'

export type SvidPathResult =
  | {
      readonly ok: true
      readonly id: SpiffeId
      readonly leaf: Certificate
      /** When the first certificate of the path ends. */ readonly notAfterMs: number
    }
  | { readonly ok: false; readonly reason: SvidPathFault; readonly message: string }

export interface SvidPathInput {
  /** DER as the peer presented it, leaf first; at most 8. */
  readonly chain: readonly Uint8Array[]
  readonly bundle: TrustBundle
  /** Wall time in milliseconds. */
  readonly nowMs: number
  /** What the peer is in this handshake. Default: the leaf must be fit for both. */
  readonly role?: PeerRole
  /** Ids that will do, compared byte by byte. Default: any id of the bundle's trust domains. */
  readonly expected?: readonly string[]
  /** Peers that are not believed whatever they show. Default: nobody. */
  readonly denyList?: DenyList
}

export function verifySvidPath(input: SvidPathInput): SvidPathResult {
  const { chain, bundle, nowMs } = input
  const fingerprint = fingerprintOf(chain, input.role)
  const known = bundle.verifiedPaths.get(fingerprint)
  if (known && nowMs >= known.notBeforeMs && nowMs < known.notAfterMs + 1000) return accept(known.leaf, known.notAfterMs, input)

  const parsed = parseChain(chain)
  return parsed.ok ? verifyParsed(parsed.certificates, fingerprint, input) : parsed
}

function verifyParsed([leaf, ...intermediates]: ParsedChain, fingerprint: string, input: SvidPathInput): SvidPathResult {
  const checked = checkSvidLeaf(leaf, input.role)
  if (!checked.ok) return checked
  const { bundle } = input
  const anchors = bundle.anchorsOf(checked.id.trustDomain)
  if (!anchors) {
    const have = bundle.trustDomains.join(', ') || 'none'
    return fault('trust-domain-unknown', `the trust domain of "${checked.id.uri}" is not in the trust bundle (have: ${have})`)
  }
  const { keyAlgorithms, crls } = bundle
  const purposes = purposesOf(input.role).map((name) => oid[name])
  const result = buildPath(leaf, { intermediates, anchors, nowMs: input.nowMs, keyAlgorithms, crls, profile: 'svid', purposes })
  if (!result.ok) return result
  const notBeforeMs = Math.max(...result.path.map((certificate) => certificate.notBeforeMs))
  const notAfterMs = Math.min(...result.path.map((certificate) => certificate.notAfterMs))
  // A list whose time has not come, by a clock that is behind, may say otherwise in a moment.
  if (crls.every(({ thisUpdateMs }) => input.nowMs >= thisUpdateMs))
    bundle.verifiedPaths.add(fingerprint, { leaf, notBeforeMs, notAfterMs })
  return accept(leaf, notAfterMs, input)
}

/** The part that depends on who asks: expected ids and the deny-list are checked on every call, remembered path or not. */
function accept(leaf: Certificate, notAfterMs: number, { role, expected, denyList }: SvidPathInput): SvidPathResult {
  const checked = checkSvidLeaf(leaf, role)
  if (!checked.ok) return checked
  const denied = denyList?.faultOf(leaf, checked.id)
  if (denied !== undefined) return fault('denied', denied)
  if (expected && !expected.includes(checked.id.uri)) {
    return fault('id-unexpected', `the peer is "${checked.id.uri}", expected ${expected.map((uri) => `"${uri}"`).join(' or ') || 'nobody'}`)
  }
  return { ok: true, id: checked.id, leaf, notAfterMs }
}

/** Each certificate's length goes into the hash, so no two chains share one; and the role, which intermediates are held to. */
function fingerprintOf(chain: readonly Uint8Array[], role: PeerRole | undefined): string {
  const hash = createHash('sha256').update(role ?? 'both')
  for (const der of chain) hash.update(`${der.length}:`).update(der)
  return hash.digest('base64')
}

function fault(reason: SvidPathFault, message: string): SvidPathResult {
  return { ok: false, reason, message }
}
