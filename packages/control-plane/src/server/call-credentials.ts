/** What a gRPC call brought along to prove who is calling, and who that is. */
import { type Metadata, status } from '@grpc/grpc-js'
import type { Authenticator, Caller, Credentials } from '@heddle/ca'
import { peerChainOf, type PeerCertificateSource } from '@heddle/x509'

/** The part of every grpc-js server call that is needed. */
export interface AuthenticatedCall {
  readonly metadata: Metadata
}

export type CallIdentity =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly code: status; readonly reason: string; readonly details: string }

export function credentialsOf(call: AuthenticatedCall): Credentials {
  const [authorization] = call.metadata.get('authorization')
  const token = typeof authorization === 'string' ? /^Bearer (\S+)$/i.exec(authorization)?.[1] : undefined
  const socket = socketOf(call)
  const peerChain = socket ? peerChainOf(socket) : []
  return { ...(token === undefined ? {} : { token }), ...(peerChain.length === 0 ? {} : { peerChain }) }
}

/**
 * The call's TLS socket. grpc-js's own `getAuthContext` gives the leaf alone, and only when OpenSSL liked the chain with the
 * roots of the moment the port was opened; our rules want the chain, judged against today's roots. Without the socket the
 * call has no certificate, which refuses more and never less.
 */
function socketOf(call: object): PeerCertificateSource | undefined {
  const { call: inner } = call as { readonly call?: { readonly stream?: { readonly session?: { readonly socket?: object } } } }
  const socket = inner?.stream?.session?.socket as Partial<PeerCertificateSource> | undefined
  return typeof socket?.getPeerX509Certificate === 'function' ? (socket as PeerCertificateSource) : undefined
}

/** The first authenticator that vouches wins. The reason is for the log, the details for the caller. */
export async function authenticateCall(authenticators: readonly Authenticator[], call: AuthenticatedCall): Promise<CallIdentity> {
  const credentials = credentialsOf(call)
  const reasons: string[] = []
  let isUnavailable = false
  for (const authenticator of authenticators) {
    const result = await authenticator.authenticate(credentials)
    if (result.kind === 'authenticated') return { ok: true, caller: result.caller }
    if (result.kind !== 'absent') reasons.push(`${authenticator.name}: ${result.reason}`)
    isUnavailable ||= result.kind === 'unavailable'
  }
  const reason = reasons.join('; ') || 'no credentials'
  return isUnavailable
    ? { ok: false, code: status.UNAVAILABLE, reason, details: 'callers cannot be authenticated at the moment' }
    : { ok: false, code: status.UNAUTHENTICATED, reason, details: 'show a service account token or a certificate of the mesh' }
}
