/**
 * The tries of a request after its first one: how many are left, whether the cluster's breaker has a place for one, and
 * the wait before it. Made when a first try has failed, so that the others pay nothing for it.
 */
import type { Timer } from '@heddle/base'
import type { ClusterRuntime } from '../cluster/cluster-runtime.js'
import type { ResetReason, UpstreamStream } from '../codec/stream.js'
import type { AttemptRecord, RequestRecord } from '../decision-record.js'
import type { Endpoint } from '../endpoint/endpoint.js'
import { guard } from '../guard/guard.js'
import { responseFlagBits as flag } from '../response-flag.js'
import type { ExchangeDeps } from './exchange-deps.js'
import type { RetryRuntime } from './retry-policy.js'

export class Retries {
  readonly #policy: RetryRuntime
  readonly #cluster: ClusterRuntime
  readonly #deps: ExchangeDeps
  #left: number
  /** Counted among the cluster's retries, from the first one to the end of the request. */
  #holdsPlace = false
  #backOff: Timer | undefined

  constructor(policy: RetryRuntime, cluster: ClusterRuntime, deps: ExchangeDeps) {
    this.#policy = policy
    this.#cluster = cluster
    this.#deps = deps
    this.#left = policy.maxRetries
  }

  get left(): number {
    return this.#left
  }

  /** Takes one of the tries that are left. @returns undefined, or the response flags that tell why there is none. */
  take(): number | undefined {
    if (this.#left <= 0) return this.#policy.maxRetries > 0 ? flag.URX : 0
    this.#left--
    if (this.#holdsPlace) return undefined
    if (this.#cluster.activeRetries >= this.#cluster.maxRetries) {
      this.#cluster.overflows++
      return flag.UO
    }
    this.#holdsPlace = true
    this.#cluster.activeRetries++
    return undefined
  }

  /** @param attempts made so far. */
  backOff(attempts: number, tryAgain: () => void): void {
    const { clock, random, logger } = this.#deps
    this.#backOff = clock.setTimer(this.#policy.backOffMs(attempts, random.next()), () => guard(logger, 'back-off', tryAgain))
  }

  /** The request is over. */
  end(): void {
    this.#backOff?.cancel()
    if (this.#holdsPlace) this.#cluster.activeRetries--
    this.#holdsPlace = false
  }
}

/** Avoids the endpoints that were tried, as far as that goes. */
export function pickUntried(
  cluster: ClusterRuntime,
  attempts: readonly AttemptRecord[],
  picks: number,
  pick: () => Endpoint | undefined,
): Endpoint | undefined {
  const isTried = ({ key }: Endpoint): boolean => attempts.some(({ host }) => host === key)
  let endpoint = pick()
  for (let again = 0; again < picks && endpoint !== undefined && isTried(endpoint); again++) endpoint = pick()
  // Envoy takes the last pick now. Least request likes an endpoint that died, for it has nothing to do: with two endpoints
  // one request in forty would meet the dead one three times.
  return endpoint !== undefined && isTried(endpoint) ? (cluster.pickExcept(isTried) ?? endpoint) : endpoint
}

/**
 * A pooled connection that the peer had closed meanwhile costs nobody anything: a safe request may go out once more. So may
 * any request without a body that the upstream says it has not taken up (RFC 9113 section 8.7).
 */
export function metStaleConnection(stream: UpstreamStream | undefined, reason: ResetReason, request: RequestRecord): boolean {
  const { method, bytesReceived } = request
  if (bytesReceived > 0) return false
  if (reason === 'refused-stream') return true
  const isSafe = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  return isSafe && stream?.reused === true && reason === 'connection-termination'
}
