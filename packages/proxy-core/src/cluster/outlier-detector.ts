/**
 * Passive health of a cluster's endpoints (Envoy's outlier detection): failures in a row take one out for a while, longer
 * each time, and the sweep brings it back. Failures of the network count as 5xx, or by themselves when the configuration
 * splits them from those that an endpoint answers. Detection by success rate is not built: Istio never switches it on.
 */
import type { Clock, Random, Timer } from '@heddle/base'
import type { OutlierDetection } from '@heddle/routing'
import type { Endpoint } from '../endpoint/endpoint.js'

export interface OutlierDeps {
  readonly clock: Clock
  readonly random: Random
  /** All of the cluster's. */
  endpoints(): Iterable<Endpoint>
  /** An endpoint was ejected or is back. */
  onChange(): void
}

const defaultIntervalMs = 10_000
const defaultBaseMs = 30_000
const longestEjectionMs = 300_000
const defaultThreshold = 5
const defaultMaxEjectionPercent = 10

export class OutlierDetector {
  readonly #deps: OutlierDeps
  #config: OutlierDetection
  #sweepTimer: Timer | undefined

  constructor(config: OutlierDetection, deps: OutlierDeps) {
    this.#config = config
    this.#deps = deps
  }

  update(config: OutlierDetection): void {
    this.#config = config
  }

  /** Stops for good: nobody stays ejected. */
  close(): void {
    this.#sweepTimer?.cancel()
    this.#sweepTimer = undefined
    for (const endpoint of this.#deps.endpoints()) comeBack(endpoint)
    this.#deps.onChange()
  }

  /** The endpoint answered with this status. */
  answered(endpoint: Endpoint, status: number): void {
    if (status < 500) {
      endpoint.consecutive5xx = 0
      endpoint.consecutiveGatewayFailures = 0
      return
    }
    const config = this.#config
    if (status >= 502 && status <= 504) {
      if (reaches(++endpoint.consecutiveGatewayFailures, config.consecutiveGatewayFailure)) {
        endpoint.consecutiveGatewayFailures = 0
        this.#suspect(endpoint, config.enforcingConsecutiveGatewayFailure ?? 0)
      }
    } else endpoint.consecutiveGatewayFailures = 0
    if (reaches(++endpoint.consecutive5xx, config.consecutive5xx)) {
      endpoint.consecutive5xx = 0
      this.#suspect(endpoint, config.enforcingConsecutive5xx ?? 100)
    }
  }

  /** No connection, a connection that broke, or no answer in time. */
  failedLocally(endpoint: Endpoint, status: 503 | 504): void {
    const config = this.#config
    if (config.splitExternalLocalOriginErrors !== true) return this.answered(endpoint, status)
    if (!reaches(++endpoint.consecutiveLocalFailures, config.consecutiveLocalOriginFailure)) return
    endpoint.consecutiveLocalFailures = 0
    this.#suspect(endpoint, config.enforcingConsecutiveLocalOriginFailure ?? 100)
  }

  /** There is a connection. @param isAll whether that is all there is to know about this use of the endpoint (opaque bytes). */
  connected(endpoint: Endpoint, isAll: boolean): void {
    if (this.#config.splitExternalLocalOriginErrors === true) endpoint.consecutiveLocalFailures = 0
    else if (isAll) this.answered(endpoint, 200)
  }

  #suspect(endpoint: Endpoint, enforcedPercent: number): void {
    if (endpoint.ejected) return
    const all = [...this.#deps.endpoints()]
    const ejected = all.filter((other) => other.ejected).length
    const { maxEjectionPercent = defaultMaxEjectionPercent } = this.#config
    if ((ejected + 1) * 100 > maxEjectionPercent * all.length) return
    if (enforcedPercent < 100 && this.#deps.random.next() * 100 >= enforcedPercent) return
    endpoint.ejected = true
    endpoint.ejectedAtMs = this.#deps.clock.monotonicMs()
    const { baseMs, maxMs } = this.#ejectionTimes()
    if (endpoint.ejectionMultiplier * baseMs < maxMs + baseMs) endpoint.ejectionMultiplier++
    this.#sweepLater()
    this.#deps.onChange()
  }

  #ejectionTimes(): { readonly baseMs: number; readonly maxMs: number } {
    const baseMs = this.#config.baseEjectionTimeMs ?? defaultBaseMs
    return { baseMs, maxMs: Math.max(longestEjectionMs, baseMs) }
  }

  #sweepLater(): void {
    this.#sweepTimer ??= this.#deps.clock.setTimer(this.#config.intervalMs ?? defaultIntervalMs, () => this.#sweep())
  }

  #sweep(): void {
    this.#sweepTimer = undefined
    const nowMs = this.#deps.clock.monotonicMs()
    const { baseMs, maxMs } = this.#ejectionTimes()
    let changed = false
    for (const endpoint of this.#deps.endpoints()) {
      if (!endpoint.ejected) {
        if (endpoint.ejectionMultiplier > 0) endpoint.ejectionMultiplier--
      } else if (nowMs - endpoint.ejectedAtMs >= Math.min(baseMs * endpoint.ejectionMultiplier, maxMs)) {
        comeBack(endpoint)
        changed = true
      }
      // As long as somebody is out or has been, time goes on.
      if (endpoint.ejected || endpoint.ejectionMultiplier > 0) this.#sweepLater()
    }
    if (changed) this.#deps.onChange()
  }
}

/** A threshold of 0 is never reached. */
function reaches(count: number, threshold = defaultThreshold): boolean {
  return threshold > 0 && count >= threshold
}

function comeBack(endpoint: Endpoint): void {
  endpoint.ejected = false
  endpoint.consecutive5xx = 0
  endpoint.consecutiveGatewayFailures = 0
  endpoint.consecutiveLocalFailures = 0
}
