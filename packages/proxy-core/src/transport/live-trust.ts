/**
 * Whether the peers of live connections would be accepted again: certificates end and roots are replaced meanwhile. Roots that
 * come again, or with others, drop nobody whom they still vouch for.
 */
import type { Clock } from '@heddle/base'
import type { Secret, SecretSource } from '@heddle/routing'
import { type PeerRole, verifyCertificatePath, verifySvidPath } from '@heddle/x509'
import type { PeerIdentity } from '../decision-record.js'
import type { TrustBundles } from './trust-bundles.js'

export interface LiveTrust {
  accept(peer: PeerIdentity, chain: readonly Uint8Array[], role: PeerRole, rootsName: string): void
  /** Whether the certificate of an accepted peer is in time and fits the roots as they are now. */
  isTrusted(peer: PeerIdentity): boolean
}

/** What a peer was accepted by. */
interface Acceptance {
  readonly chain: readonly Uint8Array[]
  readonly role: PeerRole
  readonly rootsName: string
  readonly rootsPem: string | undefined
}

export function createLiveTrust(secrets: SecretSource, bundles: TrustBundles, clock: Clock): LiveTrust {
  const accepted = new WeakMap<PeerIdentity, Acceptance>()
  return {
    accept: (peer, chain, role, rootsName) =>
      void accepted.set(peer, { chain, role, rootsName, rootsPem: rootsPemOf(secrets.get(rootsName)) }),
    isTrusted(peer) {
      const acceptance = accepted.get(peer)
      // The last second is still within the time of a certificate.
      if (acceptance === undefined || clock.now() >= peer.notAfterMs + 1000) return false
      const rootsPem = rootsPemOf(secrets.get(acceptance.rootsName))
      // OpenSSL judged the certificates that name no workload, in the handshake: against these very roots.
      if (peer.spiffeId === undefined && rootsPem === acceptance.rootsPem) return true
      if (!isVouchedFor(peer, acceptance, bundles, clock.now())) return false
      if (rootsPem !== acceptance.rootsPem) accepted.set(peer, { ...acceptance, rootsPem })
      return true
    },
  }
}

function isVouchedFor({ spiffeId }: PeerIdentity, { chain, role, rootsName }: Acceptance, bundles: TrustBundles, nowMs: number): boolean {
  try {
    const bundle = bundles.get(rootsName)
    if (bundle === undefined) return false
    if (spiffeId !== undefined) return verifySvidPath({ chain, bundle, nowMs, role }).ok
    const anchors = bundle.trustDomains.flatMap((trustDomain) => bundle.anchorsOf(trustDomain) ?? [])
    return verifyCertificatePath({ chain, anchors, nowMs }).ok
  } catch {
    // Roots that cannot be read vouch for nobody.
    return false
  }
}

function rootsPemOf(secret: Secret | undefined): string | undefined {
  return secret?.kind === 'validation' ? secret.rootsPem : undefined
}
