/** How a caller proves who it is. Authenticators are asked in order; the first that vouches wins, and silence is a refusal. */
import type { Caller } from '../caller.js'

/** What came with the request. Transport adapters fill it; they judge nothing. */
export interface Credentials {
  /** The bearer token, without the word `Bearer`. */
  readonly token?: string
  /** DER of the client's certificate chain, leaf first, whether or not TLS liked it. */
  readonly peerChain?: readonly Uint8Array[]
}

/** Why a token is refused, for programs; absent where none of these is the reason. */
export type TokenFault = 'expired' | 'wrong-audience' | 'workload-gone'

export type AuthenticationResult =
  | { readonly kind: 'authenticated'; readonly caller: Caller }
  /** The credentials are of another kind. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly reason: string; readonly fault?: TokenFault }
  /** The keys or the service that would decide cannot be reached; the caller may come again. */
  | {
      readonly kind: 'unavailable'
      readonly reason: string
      /** When that is worth it, in milliseconds. Default: nobody knows. */ readonly retryAfterMs?: number
    }

export interface Authenticator {
  /** For logs. */
  readonly name: string
  /** Whether asking uses the credentials up. Default: `false`. */
  readonly isOneTime?: boolean
  authenticate(credentials: Credentials): Promise<AuthenticationResult>
  /**
   * What asking would answer, without using the credentials up: of many that are told the same, asking vouches for one. Default:
   * nothing tells, and credentials are used up before the request is judged.
   */
  inspect?(credentials: Credentials): Promise<AuthenticationResult>
}
