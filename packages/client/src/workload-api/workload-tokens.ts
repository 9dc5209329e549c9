/**
 * The JWT half of the Workload API: tokens come from the authority, are judged here by the keys that the control plane pushed, and the
 * trust domain of a token's subject decides which keys those are.
 */
import { type ServiceError, status } from '@grpc/grpc-js'
import { type Clock, parseSpiffeId } from '@heddle/base'
import { type JwtKeySet, parseJwtKeySet, validateJwtSvid } from '@heddle/base/node'
import type { JwtSvidRequest, PushedTrust, TokenToValidate, ValidatedToken, WorkloadBundles, WorkloadTokens } from '@heddle/xds'
import type { Refusal } from './workload-call.js'

export interface TokenSource {
  readonly spiffeId: string
  /** @throws the authority's refusal, whose cause is gRPC's error */
  readonly request: (audiences: readonly string[]) => Promise<{ readonly spiffeId: string; readonly token: string }>
  /** What was pushed of trust; undefined until it was. */
  readonly trusted: () => PushedTrust | undefined
  readonly clock: Clock
}

export async function fetchTokens(source: TokenSource, { audiences, spiffeId }: JwtSvidRequest): Promise<WorkloadTokens | Refusal> {
  if (audiences.length === 0 || audiences.includes(''))
    return { code: status.INVALID_ARGUMENT, details: 'a token needs an audience, and none may be empty' }
  if (spiffeId !== '' && !parseSpiffeId(spiffeId).ok) return { code: status.INVALID_ARGUMENT, details: 'the id is no SPIFFE id' }
  if (spiffeId !== '' && spiffeId !== source.spiffeId)
    return { code: status.PERMISSION_DENIED, details: `this workload is not "${spiffeId}"` }
  try {
    const svid = await source.request(audiences)
    return { svids: [{ spiffeId: svid.spiffeId, token: svid.token }] }
  } catch (error) {
    return refusalOf(error)
  }
}

/** What the caller can do something about is passed on; all else may pass. */
function refusalOf(error: unknown): Refusal {
  const { code, details = '' } = ((error as Error | null)?.cause ?? {}) as Partial<ServiceError>
  const isFinal = code === status.PERMISSION_DENIED || code === status.INVALID_ARGUMENT || code === status.UNIMPLEMENTED
  return isFinal ? { code, details } : { code: status.UNAVAILABLE, details: 'the authority cannot be asked for a token now' }
}

/** By trust domain id; undefined while nothing was pushed. */
export function tokenBundlesOf(trusted: PushedTrust | undefined): WorkloadBundles | undefined {
  if (!trusted?.jwks) return undefined
  const domains = [{ trustDomain: trusted.trustDomain, jwks: trusted.jwks }, ...(trusted.federated ?? [])]
  return Object.fromEntries(domains.map(({ trustDomain, jwks }) => [`spiffe://${trustDomain}`, Buffer.from(jwks)]))
}

export async function validateToken(
  { trusted, clock }: TokenSource,
  { audience, token }: TokenToValidate,
): Promise<ValidatedToken | Refusal> {
  if (audience === '' || token === '')
    return { code: status.INVALID_ARGUMENT, details: 'give a token and the audience that it must be for' }
  const bundles = tokenBundlesOf(trusted())
  if (!bundles) return { code: status.UNAVAILABLE, details: 'the keys of tokens have not come yet' }
  const bundleOf = (trustDomain: string): JwtKeySet | undefined => keySetOf(bundles[`spiffe://${trustDomain}`])
  const result = validateJwtSvid({ token, audience, bundleOf, nowMs: clock.now() })
  return result.ok ? { spiffeId: result.id.uri, claims: result.claims } : { code: status.INVALID_ARGUMENT, details: result.message }
}

function keySetOf(document: Uint8Array | undefined): JwtKeySet | undefined {
  const parsed = document && parseJwtKeySet(Buffer.from(document).toString('utf8'))
  return parsed?.ok ? parsed.keys : undefined
}
