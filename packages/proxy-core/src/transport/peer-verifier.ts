/**
 * Who is at the other end of a TLS connection: a certificate that something vouches for, and that has the expected names.
 * `socket.authorized` alone decides nothing: it cannot tell a SPIFFE id, and it is true for resumed sessions.
 */
import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '@heddle/base'
import type { CertificateValidation, CompileRegex, SecretSource } from '@heddle/routing'
import type { Certificate } from '@heddle/x509'
import type { PeerIdentity } from '../decision-record.js'
import { createExpectedNames } from './expected-names.js'
import { createLiveTrust, type PeerTrust } from './live-trust.js'
import { isNamed } from './server-name.js'
import { createShownCertificates, spiffeIdOf } from './shown-certificate.js'
import { createTrustBundles } from './trust-bundles.js'

export type PeerVerdict =
  | { readonly kind: 'verified'; readonly peer: PeerIdentity }
  /** The peer presented nothing. */
  | { readonly kind: 'anonymous' }
  /** The peer presented a certificate that nothing vouches for: anybody can make one, so that it names nobody. */
  | { readonly kind: 'unverified' }
  | { readonly kind: 'refused'; readonly reason: string }

export interface PeerVerifier {
  /** @param serverName a name that the certificate has to carry besides. */
  verify(socket: TLSSocket, role: 'client' | 'server', validation: CertificateValidation | undefined, serverName?: string): PeerVerdict
  /** Whether a verified peer would be accepted again: its certificate is in time and fits the roots as they are now. */
  trustIn(peer: PeerIdentity): PeerTrust
  /** Forgets what was derived from a secret that changed. */
  secretChanged(name: string): void
}

export function createPeerVerifier(secrets: SecretSource, clock: Clock, compileRegex: CompileRegex | undefined): PeerVerifier {
  const bundles = createTrustBundles(secrets)
  const hasExpectedName = createExpectedNames(compileRegex)
  const liveTrust = createLiveTrust(secrets, bundles, clock)
  const shownBy = createShownCertificates(secrets, bundles, clock)
  return {
    verify(socket, role, validation, serverName) {
      const shown = shownBy(socket, role, validation)
      if (shown === undefined) return { kind: 'anonymous' }
      if (typeof shown === 'string') return { kind: 'refused', reason: shown }
      const { leaf, chain } = shown
      const altNames = leaf.extensions.subjectAltNames
      const names = [...(altNames?.uris ?? []), ...(altNames?.dnsNames ?? [])]
      if (serverName !== undefined && !isNamed(altNames, serverName))
        return { kind: 'refused', reason: `the peer's certificate (${names.join(', ')}) is not for "${serverName}"` }
      if (validation === undefined) return { kind: 'unverified' }
      if (!hasExpectedName(validation, altNames))
        return { kind: 'refused', reason: `none of the peer's names (${names.join(', ')}) is expected` }
      const peer = describe(leaf)
      liveTrust.accept(peer, chain, role, validation.roots.name)
      return { kind: 'verified', peer }
    },
    trustIn: (peer) => liveTrust.trustIn(peer),
    secretChanged: (name) => bundles.secretChanged(name),
  }
}

function describe(leaf: Certificate): PeerIdentity {
  const names = leaf.extensions.subjectAltNames
  return {
    spiffeId: spiffeIdOf(leaf),
    uriSans: names?.uris ?? [],
    dnsSans: names?.dnsNames ?? [],
    subject: leaf.subject.text,
    fingerprint: createHash('sha256').update(leaf.der).digest('hex'),
    serialNumber: leaf.serialHex,
    notAfterMs: leaf.notAfterMs,
    der: leaf.der,
  }
}
