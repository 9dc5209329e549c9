/**
 * Kubernetes service account tokens, judged by the API server (TokenReview of authentication.k8s.io/v1): it knows whether the Pod
 * and the account still are. Its answer is not taken at its word alone: it must name our audience, since an API server that does
 * not know audiences answers for its own.
 */
import { type Clock, messageOf } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import type { Caller } from '../caller.js'
import type { AuthenticationResult, Authenticator, TokenFault } from './authenticator.js'
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
  /** Posts the review. A rejection means that nobody can be judged now. */
  readonly review: (spec: TokenReviewSpec) => Promise<TokenReviewStatus>
  /** At least one must be in the answer. Istio's default is `istio-ca`. */
  readonly audiences: readonly string[]
  readonly trustDomain: string
}

const maxTokenLength = 16 * 1024
const reviewTimeoutMs = 5_000
const podName = 'authentication.kubernetes.io/pod-name'
const podUid = 'authentication.kubernetes.io/pod-uid'

export function createTokenReviewAuthenticator(
  options: TokenReviewAuthenticatorOptions,
  deps: { readonly clock?: Clock } = {},
): Authenticator {
  const clock = deps.clock ?? systemClock
  const inTime = (spec: TokenReviewSpec): Promise<TokenReviewStatus> =>
    new Promise((resolve, reject) => {
      const timer = clock.setTimer(reviewTimeoutMs, () => reject(new Error(`no answer within ${reviewTimeoutMs} ms`)))
      options
        .review(spec)
        .then(resolve, reject)
        .finally(() => timer.cancel())
    })
  const authenticate = async (token: string): Promise<AuthenticationResult> => {
    if (token.length > maxTokenLength) return refused(`it is longer than ${maxTokenLength} characters`)
    try {
      return readStatus(await inTime({ token, audiences: options.audiences }), options)
    } catch (error) {
      return { kind: 'unavailable', reason: `the token cannot be reviewed: ${messageOf(error)}` }
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
