/**
 * `istio.v1.auth.IstioCertificateService/CreateCertificate` on plain objects: authenticate, limit, sign, answer. The texts that
 * callers get are fixed, since a reason helps an attacker more than a workload; the full reason goes to the log.
 */
import { type Clock, type Logger, isHeddleError, messageOf, silentLogger } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import type { AuthenticationResult, Authenticator, Credentials } from '../authenticate/authenticator.js'
import { type CaErrorCode, caError } from '../ca-error.js'
import { type Caller, workloadUriOf } from '../caller.js'
import type { Ca } from '../ca.js'
import type { Explanation } from '../issue/explain.js'
import { type RateLimit, type RateLimiter, createRateLimiter } from './rate-limit.js'
import { type WorkQueue, createWorkQueue } from './work-queue.js'

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
  | 'UNIMPLEMENTED'
  | 'INTERNAL'

export type CreateCertificateResult =
  | {
      readonly ok: true
      /** Leaf, intermediates, and last one element with every root: Istio's order. */
      readonly certChain: readonly string[]
      readonly caller: Caller
      readonly notAfterMs: number
    }
  | {
      readonly ok: false
      readonly status: CertificateStatus
      /** Fit for the caller. */
      readonly message: string
      /** With RESOURCE_EXHAUSTED and UNAVAILABLE: when it is worth coming again, in milliseconds. */
      readonly retryAfterMs?: number
    }

export interface CreateTokenRequest {
  readonly audiences: readonly string[]
  /** Default: the authority's. */
  readonly ttlSeconds?: number
}

export type CreateTokenResult =
  | { readonly ok: true; readonly spiffeId: string; readonly token: string; readonly notAfterMs: number }
  | Extract<CreateCertificateResult, { readonly ok: false }>

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
  /** Requests that wait for their turn; more are told to come again. Default: 4096. */
  readonly queueCapacity?: number
}

/** The reason is for the log; callers get a fixed text. */
export type Authorization = { readonly ok: true } | { readonly ok: false; readonly reason: string }

export interface CertificateService {
  /** Never rejects: every failure is a status. */
  createCertificate(request: CreateCertificateRequest, credentials: Credentials): Promise<CreateCertificateResult>
  /** A JWT-SVID for the caller. Never rejects: every failure is a status. Join tokens are no credentials here. */
  createToken(request: CreateTokenRequest, credentials: Credentials): Promise<CreateTokenResult>
  /** What each authenticator says of these credentials and what would be issued: for operators. Join tokens are not asked: it would use them up. */
  explain(request: CreateCertificateRequest, credentials: Credentials): Promise<ServiceExplanation>
  counters(): CertificateServiceCounters
}

export interface ServiceExplanation {
  readonly authenticators: readonly { readonly name: string; readonly result: AuthenticationResult }[]
  /** Undefined when nobody vouched for the caller. */
  readonly outcome: Explanation | undefined
  /** Why the caller may not have a certificate now; undefined when it may. */
  readonly refusal: string | undefined
}

/** Totals since the start. */
export interface CertificateServiceCounters {
  readonly authenticationFailures: number
  readonly rateLimited: number
  readonly queueFull: number
}

type Refusal = Extract<CreateCertificateResult, { readonly ok: false }>

export function createCertificateService(
  options: CertificateServiceOptions,
  deps: { readonly clock?: Clock; readonly logger?: Logger } = {},
): CertificateService {
  return new LimitedService(options, deps.clock ?? systemClock, deps.logger ?? silentLogger)
}

/** How long a full queue takes to be worth another try. */
const queueRetryMs = 1000
/** Whoever is asked about a caller answers by then, or the caller is told to come again: a request must not keep its place for ever. */
const answerTimeoutMs = 10_000

class LimitedService implements CertificateService {
  readonly #options: CertificateServiceOptions
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #limiter: RateLimiter
  readonly #queue: WorkQueue
  readonly #counters = { authenticationFailures: 0, rateLimited: 0, queueFull: 0 }

  constructor(options: CertificateServiceOptions, clock: Clock, logger: Logger) {
    this.#options = options
    this.#clock = clock
    this.#logger = logger
    const { perCallerLimit = { burst: 50, perSecond: 10 }, overallLimit = { burst: 2000, perSecond: 500 } } = options
    this.#limiter = createRateLimiter(perCallerLimit, overallLimit, clock)
    this.#queue = createWorkQueue(options.queueCapacity ?? 4096)
  }

  async createCertificate(request: CreateCertificateRequest, credentials: Credentials): Promise<CreateCertificateResult> {
    return this.#inTurn(() => this.#certify(request, credentials))
  }

  counters(): CertificateServiceCounters {
    return { ...this.#counters }
  }

  async explain(request: CreateCertificateRequest, credentials: Credentials): Promise<ServiceExplanation> {
    const asked = this.#options.authenticators.filter(({ isOneTime }) => isOneTime !== true)
    const authenticators = await Promise.all(
      asked.map(async (authenticator) => ({ name: authenticator.name, result: await authenticator.authenticate(credentials) })),
    )
    const vouched = authenticators.map(({ result }) => result).find((result) => result.kind === 'authenticated')
    if (!vouched) return { authenticators, outcome: undefined, refusal: 'no authenticator vouches for the caller' }
    const { caller } = vouched
    const { csr: csrPem, validityDurationSeconds: ttlSeconds } = request
    const outcome = this.#options.ca.explain({ csrPem, caller, ...(ttlSeconds !== undefined && { ttlSeconds }) })
    const authorization = await authorize(this.#options, caller, this.#clock)
    return { authenticators, outcome, refusal: authorization.ok ? undefined : authorization.reason }
  }

  async createToken(request: CreateTokenRequest, credentials: Credentials): Promise<CreateTokenResult> {
    return this.#inTurn(async () => {
      // A join token is for a certificate: here it would be used up.
      const lasting = this.#options.authenticators.filter(({ isOneTime }) => isOneTime !== true)
      const admitted = await this.#admit(lasting, credentials)
      if (!admitted.ok) return admitted
      const { spiffeId, token, notAfterMs } = await this.#options.ca.issueJwt(admitted.caller, request.audiences, request.ttlSeconds)
      return { ok: true, spiffeId, token, notAfterMs }
    })
  }

  /** Authentication waits in the queue as well: verifying a token costs as much as signing. */
  async #inTurn<Result>(work: () => Promise<Result | Refusal>): Promise<Result | Refusal> {
    const answer = this.#queue.add(() => work().catch((error: unknown) => refuseFailure(error, this.#logger)))
    if (answer) return await answer
    if (this.#counters.queueFull++ === 0) this.#logger.warn('more certificate requests than can wait: callers are told to come again')
    return { ok: false, status: 'RESOURCE_EXHAUSTED', message: 'too many certificate requests', retryAfterMs: queueRetryMs }
  }

  async #certify(request: CreateCertificateRequest, credentials: Credentials): Promise<CreateCertificateResult> {
    const admitted = await this.#admit(this.#options.authenticators, credentials, hasImpersonation(request))
    if (!admitted.ok) return admitted
    const { caller, authenticator } = admitted
    const refusal = authenticator.inspect && (await this.#useUp(authenticator, request, caller, credentials))
    if (refusal) return refusal
    const signed = await this.#options.ca.sign(request.csr, caller, request.validityDurationSeconds)
    return { ok: true, certChain: [...signed.chain, signed.rootsPem], caller, notAfterMs: signed.notAfterMs }
  }

  /** Credentials for one certificate end with a request that has no fault; of many such at once, one ends them and the others are refused. */
  async #useUp(
    authenticator: Authenticator,
    { csr: csrPem, validityDurationSeconds: ttlSeconds }: CreateCertificateRequest,
    caller: Caller,
    credentials: Credentials,
  ): Promise<Refusal | undefined> {
    const outlook = this.#options.ca.explain({ csrPem, caller, ...(ttlSeconds !== undefined && { ttlSeconds }) })
    if (!outlook.ok) throw caError(outlook.code, outlook.reason)
    const used = await inTime(authenticator.authenticate(credentials), this.#clock)
    return used.kind === 'authenticated' ? undefined : this.#refuseCaller(used)
  }

  #refuseCaller(result: Exclude<AuthenticationResult, { readonly kind: 'authenticated' }>): Refusal {
    this.#counters.authenticationFailures++
    return refuseCaller(result, this.#logger)
  }

  /** Who is calling, if that caller may have something now. */
  async #admit(
    authenticators: readonly Authenticator[],
    credentials: Credentials,
    isImpersonating: boolean = false,
  ): Promise<Extract<Vouched, { readonly ok: true }> | Refusal> {
    const vouched = await authenticate(authenticators, credentials, this.#clock)
    if (!vouched.ok) return this.#refuseCaller(vouched.result)
    const { caller } = vouched
    const uri = workloadUriOf(caller)
    const refusal = this.#refusalOf(caller, uri, isImpersonating) ?? (await authorize(this.#options, caller, this.#clock))
    if (refusal.ok) return vouched
    const { reason, ...answer } = refusal
    this.#logger.warn('refused a certificate request', { caller: uri, method: caller.method, status: answer.status, reason })
    return answer
  }

  #refusalOf(caller: Caller, uri: string, isImpersonating: boolean): (Refusal & { readonly reason: string }) | undefined {
    if (isImpersonating) {
      const message = 'impersonation is not allowed'
      return { ok: false, status: 'UNAUTHENTICATED', message, reason: 'ImpersonatedIdentity is set' }
    }
    const retryAfterMs = this.#limiter.take(caller.pod?.uid ?? uri)
    if (retryAfterMs === 0) return undefined
    this.#counters.rateLimited++
    return { ok: false, status: 'RESOURCE_EXHAUSTED', message: 'too many certificate requests', retryAfterMs, reason: 'rate limit' }
  }
}

type Vouched =
  | { readonly ok: true; readonly caller: Caller; readonly authenticator: Authenticator }
  | { readonly ok: false; readonly result: Exclude<AuthenticationResult, { readonly kind: 'authenticated' }> }

/** Uses nothing up that can be looked at first. */
async function authenticate(authenticators: readonly Authenticator[], credentials: Credentials, clock: Clock): Promise<Vouched> {
  let worst: Extract<Vouched, { readonly ok: false }>['result'] = { kind: 'absent' }
  for (const authenticator of authenticators) {
    const asked = authenticator.inspect ? authenticator.inspect(credentials) : authenticator.authenticate(credentials)
    const result = await inTime(asked, clock)
    if (result.kind === 'authenticated') return { ok: true, caller: result.caller, authenticator }
    if (result.kind !== 'absent' && worst.kind !== 'unavailable') worst = result
  }
  return { ok: false, result: worst }
}

async function authorize(
  { authorize: mayHave }: CertificateServiceOptions,
  caller: Caller,
  clock: Clock,
): Promise<{ readonly ok: true } | (Refusal & { readonly reason: string })> {
  try {
    const answer = mayHave ? await inTimeOrThrow(mayHave(caller), clock) : ({ ok: true } as const)
    if (answer.ok) return answer
    return { ok: false, status: 'PERMISSION_DENIED', message: 'the workload may not have a certificate', reason: answer.reason }
  } catch (error) {
    return { ok: false, status: 'UNAVAILABLE', message: 'callers cannot be authorized at the moment', reason: messageOf(error) }
  }
}

async function inTime(asked: Promise<AuthenticationResult>, clock: Clock): Promise<AuthenticationResult> {
  try {
    return await inTimeOrThrow(asked, clock)
  } catch (error) {
    if (error instanceof NoAnswer) return { kind: 'unavailable', reason: error.message }
    throw error
  }
}

class NoAnswer extends Error {}

function inTimeOrThrow<Answer>(asked: Promise<Answer>, clock: Clock): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(answerTimeoutMs, () => reject(new NoAnswer(`no answer within ${answerTimeoutMs} ms`)))
    asked.then(resolve, reject).finally(() => timer.cancel())
  })
}

function refuseCaller(result: Exclude<AuthenticationResult, { readonly kind: 'authenticated' }>, logger: Logger): Refusal {
  const reason = result.kind === 'absent' ? 'no credentials' : result.reason
  const fault = result.kind === 'refused' && result.fault !== undefined ? { fault: result.fault } : {}
  logger.warn('could not authenticate a certificate request', { reason, ...fault })
  const { retryAfterMs } = result.kind === 'unavailable' ? result : {}
  return result.kind === 'unavailable'
    ? {
        ok: false,
        status: 'UNAVAILABLE',
        message: 'callers cannot be authenticated at the moment',
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      }
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
  HEDDLE_CA_CALLER_DENIED: 'PERMISSION_DENIED',
  HEDDLE_CA_JWT_INVALID: 'INVALID_ARGUMENT',
  HEDDLE_CA_JWT_UNAVAILABLE: 'UNIMPLEMENTED',
  HEDDLE_CA_SIGNER_FAILED: 'UNAVAILABLE',
  HEDDLE_CA_STATE_WRITE_FAILED: 'UNAVAILABLE',
  HEDDLE_CA_STATE_CONFLICT: 'UNAVAILABLE',
  HEDDLE_CA_AUDIT_FAILED: 'UNAVAILABLE',
  HEDDLE_CA_HANDOVER: 'UNAVAILABLE',
  HEDDLE_CA_CLOSED: 'UNAVAILABLE',
}
