/** What a gRPC call brought along to prove who is calling, and who that is. */
import type { Metadata } from '@grpc/grpc-js'
import type { Authenticator, Caller, Credentials } from '@heddle/ca'

export interface AuthenticatedCall {
  readonly metadata: Metadata
  getAuthContext(): { readonly sslPeerCertificate?: { readonly raw: Buffer } | null }
}

export function credentialsOf(call: AuthenticatedCall): Credentials {
  const [authorization] = call.metadata.get('authorization')
  const token = typeof authorization === 'string' ? /^Bearer (.+)$/i.exec(authorization)?.[1] : undefined
  const certificate = call.getAuthContext().sslPeerCertificate?.raw
  return { ...(token === undefined ? {} : { token }), ...(certificate === undefined ? {} : { peerChain: [certificate] }) }
}

/** The first authenticator that vouches wins; undefined when none does. */
export async function authenticateCall(authenticators: readonly Authenticator[], call: AuthenticatedCall): Promise<Caller | undefined> {
  const credentials = credentialsOf(call)
  for (const authenticator of authenticators) {
    const result = await authenticator.authenticate(credentials)
    if (result.kind === 'authenticated') return result.caller
  }
  return undefined
}
