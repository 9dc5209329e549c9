/**
 * Kubernetes service account tokens, judged by the API server (TokenReview of authentication.k8s.io/v1): it knows whether the Pod
 * and the account still are. Its answer is not taken at its word alone: it must name our audience, since an API server that does
 * not know audiences answers for its own.
 */
import { type Clock, messageOf, type Random } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import type { Caller } from '../caller.js'
import type { AuthenticationResult, Authenticator, TokenFault } from './authenticator.js'
import { createReviewPool } from './review-pool.js'
import { readServiceAccountSubject } from './service-account-subject.js'

/** `spec` of a TokenReview. */
export interface TokenReviewSpec {
  readonly token: string
  readonly audiences: readonly string[]
}

/** `status` of a TokenReview, as the API answered; every field may lack. */
export interface TokenReviewStatus {
  readonly authenticated?: boolean
  readonly error?: string
  readonly audiences?: readonly string[]
  readonly user?: { readonly username?: string; readonly extra?: Readonly<Record<string, readonly string[]>> }
}

export interface TokenReviewAuthenticatorOptions {
  /** Posts the review, until the signal says that nobody waits for it any more. A rejection means that nobody can be judged now. */
  readonly review: (spec: TokenReviewSpec, signal: AbortSignal) => Promise<TokenReviewStatus>
  /** At least one must be in the answer. Istio's default is `istio-ca`. */
  readonly audiences: readonly string[]
  readonly trustDomain: string
}

const maxTokenLength = 16 * 1024
/** Spread, so that those who were turned away together do not come again together. */
const [minRetryMs, retrySpreadMs] = [1000, 2000]
const podName = 'authentication.kubernetes.io/pod-name'
const podUid = 'authentication.kubernetes.io/pod-uid'

export function createTokenReviewAuthenticator(
  options: TokenReviewAuthenticatorOptions,
  deps: { readonly clock?: Clock; readonly random?: Random } = {},
): Authenticator {
  const { clock = systemClock, random = systemRandom } = deps
  const reviews = createReviewPool<TokenReviewStatus>({ clock, random })
  const authenticate = async (token: string): Promise<AuthenticationResult> => {
    if (token.length > maxTokenLength) return refused(`it is longer than ${maxTokenLength} characters`)
    try {
      const status = await reviews.run(token, (signal) => options.review({ token, audiences: options.audiences }, signal))
      return readStatus(status, options)
    } catch (error) {
      const retryAfterMs = Math.round(minRetryMs + random.next() * retrySpreadMs)
      return { kind: 'unavailable', reason: `the token cannot be reviewed: ${messageOf(error)}`, retryAfterMs }
    }
  }
  return {
    name: 'token review',
    authenticate: ({ token }) => (token === undefined || token === '' ? Promise.resolve({ kind: 'absent' }) : authenticate(token)),
  }
}

function readStatus(status: TokenReviewStatus, options: TokenReviewAuthenticatorOptions): AuthenticationResult {
  const { authenticated, error = '', audiences = [], user } = status
  if (authenticated !== true) return { ...refused(error.slice(0, 200) || 'the API server does not vouch for it'), ...faultOf(error) }
  if (!audiences.some((audience) => options.audiences.includes(audience)))
    return {
      ...refused(
        `the API server vouches for it to ${audiences.join(', ') || 'nobody in particular'}, not to ${options.audiences.join(' or ')}`,
      ),
      fault: 'wrong-audience',
    }
  const account = readServiceAccountSubject(user?.username ?? '')
  if (typeof account === 'string') return refused(account)
  const caller: Caller = { trustDomain: options.trustDomain, ...account, method: 'jwt' }
  const pod = podOf(user?.extra ?? {})
  return { kind: 'authenticated', caller: pod ? { ...caller, pod } : caller }
}

/** The API server says why in words alone. */
function faultOf(error: string): { readonly fault?: TokenFault } {
  if (/has expired/.test(error)) return { fault: 'expired' }
  if (/audiences? .*invalid for the target audiences/.test(error)) return { fault: 'wrong-audience' }
  return /has been (?:deleted|invalidated)|not found/.test(error) ? { fault: 'workload-gone' } : {}
}

function podOf(extra: Readonly<Record<string, readonly string[]>>): Caller['pod'] {
  const [name, uid] = [extra[podName]?.[0], extra[podUid]?.[0]]
  return name === undefined || uid === undefined ? undefined : { name, uid }
}

function refused(reason: string): Extract<AuthenticationResult, { readonly kind: 'refused' }> {
  return { kind: 'refused', reason: `the token is not valid: ${reason}` }
}
