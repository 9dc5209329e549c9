/**
 * Whether the peers of live connections would be accepted again: certificates end, roots are replaced and people are denied
 * meanwhile. Roots that come again, or with others, drop nobody whom they still vouch for. Nothing is verified anew within
 * a minute while no secret has changed, so that it can be asked every few seconds.
 */
import type { Clock } from '@heddle/base'
import type { Secret, SecretSource } from '@heddle/routing'
import { type PeerRole, verifyCertificatePath, verifySvidPath } from '@heddle/x509'
import type { PeerIdentity } from '../decision-record.js'
import type { TrustBundles } from './trust-bundles.js'

/**
 * `replaced`: trusted, but the root of one side's certificate is being retired and a newer certificate is there: another connection
 * should take this one's place. `untrusted`: what is on its way may end. `denied`: nothing more goes through.
 */
export type PeerTrust = 'trusted' | 'replaced' | 'untrusted' | 'denied'

export interface LiveTrust {
  accept(peer: PeerIdentity, chain: readonly Uint8Array[], role: PeerRole, rootsName: string): void
  /** How far an accepted peer is to be believed with the roots as they are now. */
  trustIn(peer: PeerIdentity): PeerTrust
}

/** What a peer was accepted by. */
interface Acceptance {
  readonly chain: readonly Uint8Array[]
  readonly role: PeerRole
  readonly rootsName: string
  readonly rootsPem: string | undefined
  readonly crlPem: string | undefined
  /** Our own certificate then; undefined where none is called `default`. */
  readonly ownPem: string | undefined
  /** Of the secrets when `trust` was judged. */
  readonly generation: number
  readonly judgedAtMs: number
  readonly trust: PeerTrust
}

const ownSecret = 'default'
/** An intermediate may end before the leaf, which no secret tells. */
const rejudgeMs = 60_000

export function createLiveTrust(secrets: SecretSource, bundles: TrustBundles, clock: Clock): LiveTrust {
  const accepted = new WeakMap<PeerIdentity, Acceptance>()
  return {
    accept(peer, chain, role, rootsName) {
      const { rootsPem, crlPem } = validationOf(secrets.get(rootsName))
      const judged = { generation: bundles.generation, judgedAtMs: clock.monotonicMs(), trust: 'trusted' } as const
      accepted.set(peer, { chain, role, rootsName, rootsPem, crlPem, ownPem: ownPemOf(secrets), ...judged })
    },
    trustIn(peer) {
      const acceptance = accepted.get(peer)
      // The last second is still within the time of a certificate.
      if (acceptance === undefined || clock.now() >= peer.notAfterMs + 1000) return 'untrusted'
      const nowMs = clock.monotonicMs()
      const { generation } = bundles
      if (acceptance.generation === generation && nowMs - acceptance.judgedAtMs < rejudgeMs) return acceptance.trust
      const { rootsPem, crlPem } = validationOf(secrets.get(acceptance.rootsName))
      // OpenSSL judged the certificates that name no workload, in the handshake: against these very roots and lists.
      const isSame = peer.spiffeId === undefined && rootsPem === acceptance.rootsPem && crlPem === acceptance.crlPem
      const trust = isSame ? 'trusted' : judge(peer, acceptance, { secrets, bundles, nowMs: clock.now() })
      const vouching = trust === 'trusted' || trust === 'replaced' ? { rootsPem, crlPem } : {}
      accepted.set(peer, { ...acceptance, ...vouching, generation, judgedAtMs: nowMs, trust })
      return trust
    },
  }
}

interface Judges {
  readonly secrets: SecretSource
  readonly bundles: TrustBundles
  readonly nowMs: number
}

function judge({ spiffeId }: PeerIdentity, acceptance: Acceptance, { secrets, bundles, nowMs }: Judges): PeerTrust {
  const { chain, role, rootsName } = acceptance
  try {
    const bundle = bundles.get(rootsName)
    if (bundle === undefined) return 'untrusted'
    if (spiffeId === undefined) {
      const anchors = bundle.trustDomains.flatMap((trustDomain) => bundle.anchorsOf(trustDomain) ?? [])
      return verifyCertificatePath({ chain, anchors, nowMs, crls: bundle.crls }).ok ? 'trusted' : 'untrusted'
    }
    const denyList = bundles.denyListOf(rootsName)
    const result = verifySvidPath({ chain, bundle, nowMs, role, ...(denyList && { denyList }) })
    if (!result.ok) return result.reason === 'denied' || result.reason === 'revoked' ? 'denied' : 'untrusted'
    const clean = bundles.cleanOf(rootsName)
    if (clean === undefined) return 'trusted'
    const isOwnReplaced = acceptance.ownPem !== undefined && acceptance.ownPem !== ownPemOf(secrets)
    return isOwnReplaced || !verifySvidPath({ chain, bundle: clean, nowMs, role }).ok ? 'replaced' : 'trusted'
  } catch {
    // Roots that cannot be read vouch for nobody.
    return 'untrusted'
  }
}

function validationOf(secret: Secret | undefined): { readonly rootsPem: string | undefined; readonly crlPem: string | undefined } {
  return secret?.kind === 'validation' ? { rootsPem: secret.rootsPem, crlPem: secret.crlPem } : { rootsPem: undefined, crlPem: undefined }
}

function ownPemOf(secrets: SecretSource): string | undefined {
  const own = secrets.get(ownSecret)
  return own?.kind === 'certificate' ? own.certificateChainPem : undefined
}
