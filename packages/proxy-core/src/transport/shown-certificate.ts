/**
 * The certificate that a peer showed, when something vouches for it. SPIFFE peers are judged by the X509-SVID rules on the DER
 * they showed, against the roots of their trust domain only; others by OpenSSL's path check.
 */
import type { TLSSocket } from 'node:tls'
import type { Clock } from '@heddle/base'
import type { CertificateValidation, SecretSource } from '@heddle/routing'
import { type Certificate, parseCertificate, peerChainOf, peerLeafOf, type PeerRole, verifySvidPath } from '@heddle/x509'
import type { TrustBundles } from './trust-bundles.js'

/** A certificate that may be believed as far as the roots go. */
export interface ShownCertificate {
  readonly leaf: Certificate
  /** What was read of what the peer showed, leaf first. */
  readonly chain: readonly Uint8Array[]
}

/** @returns undefined: it showed nothing; a text: why not to believe what it showed. Without `validation` everything is believed. */
export type ReadShownCertificate = (
  socket: TLSSocket,
  role: PeerRole,
  validation: CertificateValidation | undefined,
) => ShownCertificate | string | undefined

const systemRoots = 'file-root:system'

export function createShownCertificates(secrets: SecretSource, bundles: TrustBundles, clock: Clock): ReadShownCertificate {
  const fault = (
    socket: TLSSocket,
    leaf: Certificate,
    chain: readonly Uint8Array[],
    role: PeerRole,
    { roots: { name } }: CertificateValidation,
  ): string => {
    if (spiffeIdOf(leaf) === undefined) {
      if (name !== systemRoots && secrets.get(name) === undefined) return notDelivered(name)
      const found = pathFault(socket, role)
      return found === '' ? '' : `the peer's certificate is not trusted: ${found}`
    }
    const bundle = bundles.get(name)
    if (bundle === undefined) return notDelivered(name)
    const denyList = bundles.denyListOf(name)
    const result = verifySvidPath({ chain, bundle, nowMs: clock.now(), role, ...(denyList && { denyList }) })
    return result.ok ? '' : result.message
  }
  /** The leaf of the usual peer, signed by a root of its trust domain: what else it showed does not matter then. */
  const directlyTrusted = (socket: TLSSocket, role: PeerRole, { roots: { name } }: CertificateValidation): Certificate | undefined => {
    const bundle = bundles.get(name)
    const der = bundle && peerLeafOf(socket)
    if (bundle === undefined || der === undefined) return undefined
    const denyList = bundles.denyListOf(name)
    const result = verifySvidPath({ chain: [der], bundle, nowMs: clock.now(), role, ...(denyList && { denyList }) })
    return result.ok ? result.leaf : undefined
  }
  return (socket, role, validation) => {
    const direct = validation && directlyTrusted(socket, role, validation)
    if (direct !== undefined) return { leaf: direct, chain: [direct.der] }
    const chain = peerChainOf(socket)
    const [der] = chain
    if (der === undefined) return undefined
    const parsed = parseCertificate(der)
    if (!parsed.ok) return parsed.reason
    const leaf = parsed.certificate
    return (validation && fault(socket, leaf, chain, role, validation)) || { leaf, chain }
  }
}

export function spiffeIdOf(leaf: Certificate): string | undefined {
  return leaf.extensions.subjectAltNames?.uris.find((uri) => uri.toLowerCase().startsWith('spiffe:'))
}

function notDelivered(rootsName: string): string {
  return `the trusted roots "${rootsName}" have not been delivered`
}

/**
 * What OpenSSL found of the peer's chain during the handshake. Node fills `authorized` for connections that it dialled; for
 * an accepted socket that we wrapped ourselves nobody does, and the handle has to be asked. No answer is a refusal.
 */
function pathFault(socket: TLSSocket, peerRole: PeerRole): string {
  if (peerRole === 'server') return socket.authorized ? '' : String(socket.authorizationError)
  const { ssl } = socket as unknown as { readonly ssl?: { readonly verifyError?: () => NodeJS.ErrnoException | null | undefined } }
  if (typeof ssl?.verifyError !== 'function') return 'this Node does not say what OpenSSL found'
  const error = ssl.verifyError()
  return error == null ? '' : (error.code ?? error.message)
}
