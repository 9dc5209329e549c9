/**
 * `istio.v1.auth.IstioCertificateService/CreateCertificate` on plain objects: authenticate, limit, sign, answer. The texts that
 * callers get are fixed, since a reason helps an attacker more than a workload; the full reason goes to the log.
 */
import { type Clock, type Logger, isHeddleError, messageOf, silentLogger } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import type { AuthenticationResult, Authenticator, Credentials } from '../authenticate/authenticator.js'
import type { CaErrorCode } from '../ca-error.js'
import { type Caller, workloadUriOf } from '../caller.js'
import type { Ca } from '../ca.js'
import { type RateLimit, createRateLimiter } from './rate-limit.js'

/** Fields of `istio.v1.auth.IstioCertificateRequest`. */
export interface CreateCertificateRequest {
  /** PEM. */
  readonly csr: string
  /** Zero, negative or absent: the authority's default. */
  readonly validityDurationSeconds?: number | bigint
  /** Istio's `ImpersonatedIdentity` is refused; `CertSigner` is ignored, there is one signer. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Names of gRPC status codes. */
export type CertificateStatus =
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'INVALID_ARGUMENT'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'INTERNAL'

export type CreateCertificateResult =
  | {
      readonly ok: true
      /** Leaf, intermediates, and last one element with every root: Istio's order. */
      readonly certChain: readonly string[]
      readonly caller: Caller
      readonly notAfterMs: number
    }
  /** `message` is fit for the caller. */
  | { readonly ok: false; readonly status: CertificateStatus; readonly message: string }

export interface CertificateServiceOptions {
  readonly ca: Ca
  /** Asked in this order; Istio's order is client certificate first, then token. */
  readonly authenticators: readonly Authenticator[]
  /**
   * Whether an authenticated caller may have a certificate now, for example whether its Pod still exists. A rejection means that it
   * cannot be told now: the caller may come again. Default: always.
   */
  readonly authorize?: (caller: Caller) => Promise<Authorization>
  /** Each Pod, or each identity when the Pod is not known. Default: 50 at once, 10 a second. */
  readonly perCallerLimit?: RateLimit
  /** All callers together. Default: 2000 at once, 500 a second. */
  readonly overallLimit?: RateLimit
}

/** The reason is for the log; callers get a fixed text. */
export type Authorization = { readonly ok: true } | { readonly ok: false; readonly reason: string }

export interface CertificateService {
  /** Never rejects: every failure is a status. */
  createCertificate(request: CreateCertificateRequest, credentials: Credentials): Promise<CreateCertificateResult>
}

type Refusal = Extract<CreateCertificateResult, { readonly ok: false }>

export function createCertificateService(
  options: CertificateServiceOptions,
  deps: { readonly clock?: Clock; readonly logger?: Logger } = {},
): CertificateService {
  const logger = deps.logger ?? silentLogger
  const limiter = createRateLimiter(
    options.perCallerLimit ?? { burst: 50, perSecond: 10 },
    options.overallLimit ?? { burst: 2000, perSecond: 500 },
    deps.clock ?? systemClock,
  )

  const handle = async (request: CreateCertificateRequest, credentials: Credentials): Promise<CreateCertificateResult> => {
    const authenticated = await authenticate(options.authenticators, credentials)
    if (authenticated.kind !== 'authenticated') return refuseCaller(authenticated, logger)
    const { caller } = authenticated
    const fields = { caller: workloadUriOf(caller), method: caller.method }
    const refuse = (status: CertificateStatus, message: string, reason: string): Refusal => {
      logger.warn('refused a certificate request', { ...fields, status, reason })
      return { ok: false, status, message }
    }
    if (hasImpersonation(request)) return refuse('UNAUTHENTICATED', 'impersonation is not allowed', 'ImpersonatedIdentity is set')
    if (!limiter.take(caller.pod?.uid ?? fields.caller)) return refuse('RESOURCE_EXHAUSTED', 'too many certificate requests', 'rate limit')
    const authorization = await authorize(options, caller)
    if (!authorization.ok) return refuse(authorization.status, authorization.message, authorization.reason)
    const signed = await options.ca.sign(request.csr, caller, request.validityDurationSeconds)
    return { ok: true, certChain: [...signed.chain, signed.rootsPem], caller, notAfterMs: signed.notAfterMs }
  }
  return {
    async createCertificate(request, credentials) {
      try {
        return await handle(request, credentials)
      } catch (error) {
        return refuseFailure(error, logger)
      }
    },
  }
}

async function authenticate(authenticators: readonly Authenticator[], credentials: Credentials): Promise<AuthenticationResult> {
  let worst: AuthenticationResult = { kind: 'absent' }
  for (const authenticator of authenticators) {
    const result = await authenticator.authenticate(credentials)
    if (result.kind === 'authenticated') return result
    if (result.kind !== 'absent' && worst.kind !== 'unavailable') worst = result
  }
  return worst
}

async function authorize(
  { authorize: mayHave }: CertificateServiceOptions,
  caller: Caller,
): Promise<{ readonly ok: true } | (Refusal & { readonly reason: string })> {
  try {
    const answer = (await mayHave?.(caller)) ?? { ok: true }
    if (answer.ok) return answer
    return { ok: false, status: 'PERMISSION_DENIED', message: 'the workload may not have a certificate', reason: answer.reason }
  } catch (error) {
    return { ok: false, status: 'UNAVAILABLE', message: 'callers cannot be authorized at the moment', reason: messageOf(error) }
  }
}

function refuseCaller(result: Exclude<AuthenticationResult, { readonly kind: 'authenticated' }>, logger: Logger): Refusal {
  const reason = result.kind === 'absent' ? 'no credentials' : result.reason
  logger.warn('could not authenticate a certificate request', { reason })
  return result.kind === 'unavailable'
    ? { ok: false, status: 'UNAVAILABLE', message: 'callers cannot be authenticated at the moment' }
    : { ok: false, status: 'UNAUTHENTICATED', message: 'request authenticate failure' }
}

function hasImpersonation({ metadata }: CreateCertificateRequest): boolean {
  const identity = metadata?.['ImpersonatedIdentity']
  return identity !== undefined && identity !== ''
}

/** Causes that are not the caller's fault keep their detail for the log. */
function refuseFailure(error: unknown, logger: Logger): Refusal {
  const code = isHeddleError(error) ? error.code : undefined
  const status = (code !== undefined && statuses[code as CaErrorCode]) || 'INTERNAL'
  const isCallers = status === 'INVALID_ARGUMENT'
  logger[isCallers ? 'warn' : 'error']('could not issue a certificate', { code, status, reason: messageOf(error) })
  return { ok: false, status, message: isCallers ? messageOf(error) : 'the certificate cannot be issued' }
}

const statuses: Partial<Record<CaErrorCode, CertificateStatus>> = {
  HEDDLE_CA_CSR_INVALID: 'INVALID_ARGUMENT',
  HEDDLE_CA_CALLER_INVALID: 'UNAUTHENTICATED',
  HEDDLE_CA_AUDIT_FAILED: 'UNAVAILABLE',
  HEDDLE_CA_CLOSED: 'UNAVAILABLE',
}
