/**
 * Who is at the other end of a TLS connection. SPIFFE peers are judged by the X509-SVID rules on the DER they presented,
 * against the roots of their trust domain only; other certificates by OpenSSL's path check plus the configured names.
 * `socket.authorized` alone decides nothing: it cannot tell a SPIFFE id, and it is true for resumed sessions.
 */
import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '@heddle/base'
import type { CertificateValidation, CompileRegex, SecretSource } from '@heddle/routing'
import { type Certificate, parseCertificate, peerChainOf, peerLeafOf, verifySvidPath } from '@heddle/x509'
import type { PeerIdentity } from '../decision-record.js'
import { createExpectedNames } from './expected-names.js'
import { createLiveTrust, type PeerTrust } from './live-trust.js'
import { isNamed } from './server-name.js'
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

const systemRoots = 'file-root:system'

/** A certificate that may be believed as far as the roots go. */
interface Shown {
  readonly leaf: Certificate
  readonly chain: readonly Uint8Array[]
}

export function createPeerVerifier(secrets: SecretSource, clock: Clock, compileRegex: CompileRegex | undefined): PeerVerifier {
  const bundles = createTrustBundles(secrets)
  const hasExpectedName = createExpectedNames(compileRegex)
  const liveTrust = createLiveTrust(secrets, bundles, clock)

  const trust = (
    socket: TLSSocket,
    leaf: Certificate,
    chain: readonly Uint8Array[],
    role: 'client' | 'server',
    validation: CertificateValidation,
  ): string => {
    const rootsName = validation.roots.name
    if (spiffeIdOf(leaf) === undefined) {
      if (rootsName !== systemRoots && secrets.get(rootsName) === undefined)
        return `the trusted roots "${rootsName}" have not been delivered`
      const fault = pathFault(socket, role)
      return fault === '' ? '' : `the peer's certificate is not trusted: ${fault}`
    }
    const bundle = bundles.get(rootsName)
    if (bundle === undefined) return `the trusted roots "${rootsName}" have not been delivered`
    const denyList = bundles.denyListOf(rootsName)
    const result = verifySvidPath({ chain, bundle, nowMs: clock.now(), role, ...(denyList && { denyList }) })
    return result.ok ? '' : result.message
  }
  /** The leaf of the usual peer, signed by a root of its trust domain: what else it showed does not matter then. */
  const directlyTrusted = (
    socket: TLSSocket,
    role: 'client' | 'server',
    validation: CertificateValidation | undefined,
  ): Certificate | undefined => {
    if (validation === undefined) return undefined
    const bundle = bundles.get(validation.roots.name)
    const der = bundle && peerLeafOf(socket)
    if (bundle === undefined || der === undefined) return undefined
    const denyList = bundles.denyListOf(validation.roots.name)
    const result = verifySvidPath({ chain: [der], bundle, nowMs: clock.now(), role, ...(denyList && { denyList }) })
    return result.ok ? result.leaf : undefined
  }
  /** Undefined: nothing; a text: why not to believe it. */
  const shownBy = (
    socket: TLSSocket,
    role: 'client' | 'server',
    validation: CertificateValidation | undefined,
  ): Shown | string | undefined => {
    const direct = directlyTrusted(socket, role, validation)
    if (direct !== undefined) return { leaf: direct, chain: [direct.der] }
    const chain = peerChainOf(socket)
    const [der] = chain
    if (der === undefined) return undefined
    const parsed = parseCertificate(der)
    if (!parsed.ok) return parsed.reason
    const fault = validation === undefined ? '' : trust(socket, parsed.certificate, chain, role, validation)
    return fault === '' ? { leaf: parsed.certificate, chain } : fault
  }
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

/**
 * What OpenSSL found of the peer's chain during the handshake. Node fills `authorized` for connections that it dialled; for
 * an accepted socket that we wrapped ourselves nobody does, and the handle has to be asked. No answer is a refusal.
 */
function pathFault(socket: TLSSocket, peerRole: 'client' | 'server'): string {
  if (peerRole === 'server') return socket.authorized ? '' : String(socket.authorizationError)
  const { ssl } = socket as unknown as { readonly ssl?: { readonly verifyError?: () => NodeJS.ErrnoException | null | undefined } }
  if (typeof ssl?.verifyError !== 'function') return 'this Node does not say what OpenSSL found'
  const error = ssl.verifyError()
  return error == null ? '' : (error.code ?? error.message)
}

function spiffeIdOf(leaf: Certificate): string | undefined {
  return leaf.extensions.subjectAltNames?.uris.find((uri) => uri.toLowerCase().startsWith('spiffe:'))
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
