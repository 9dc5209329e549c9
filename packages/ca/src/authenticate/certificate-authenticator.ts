/** Renewal: a workload proves itself with the certificate it has. The chain is verified here, from DER, against the current roots. */
import { type Clock, workloadOf } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { type Certificate, type DenyList, type TrustBundle, verifySvidPath } from '@heddle/x509'
import { backdateMs } from '../issue/serial.js'
import type { AuthenticationResult, Authenticator } from './authenticator.js'

export interface CertificateAuthenticatorOptions {
  /** Asked on every call, so that a removed root stops vouching at once; usually `() => ca.bundle().trustBundle`. */
  readonly bundle: () => TrustBundle
  /** Peers that are not believed any more; usually `() => ca.denied.list()`. Default: nobody. */
  readonly denyList?: () => DenyList
}

export function createCertificateAuthenticator(
  options: CertificateAuthenticatorOptions,
  deps: { readonly clock?: Clock } = {},
): Authenticator {
  const clock = deps.clock ?? systemClock
  const authenticate = (chain: readonly Uint8Array[]): AuthenticationResult => {
    const result = verifySvidPath({
      chain,
      bundle: options.bundle(),
      nowMs: clock.now(),
      role: 'client',
      ...(options.denyList && { denyList: options.denyList() }),
    })
    if (!result.ok) return { kind: 'refused', reason: result.message }
    const workload = workloadOf(result.id)
    if (!workload) return { kind: 'refused', reason: `"${result.id.uri}" does not name a namespace and a service account` }
    return { kind: 'authenticated', caller: { ...workload, method: 'client-certificate', maxTtlSeconds: ttlSecondsOf(result.leaf) } }
  }
  return {
    name: 'client certificate',
    authenticate: ({ peerChain }) => Promise.resolve(peerChain?.length ? authenticate(peerChain) : { kind: 'absent' }),
  }
}

/** What the leaf was asked for with, so that who borrows it for an hour can renew it for an hour and not for the maximum. */
function ttlSecondsOf({ notBeforeMs, notAfterMs }: Certificate): number {
  const lifetimeMs = notAfterMs - notBeforeMs
  return Math.floor((lifetimeMs > backdateMs ? lifetimeMs - backdateMs : lifetimeMs) / 1000)
}
