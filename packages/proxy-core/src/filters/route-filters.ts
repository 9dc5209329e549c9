/**
 * The filters that a route configures, for one request: Envoy's fault and CORS filters, in the order of the connection
 * manager. Made only for requests of such routes; the others pay for one look at the route.
 */
import type { Clock, Logger, Random, Timer } from '@heddle/base'
import type { RouteRequest } from '@heddle/routing'
import { guard } from '../guard/guard.js'
import type { HeaderBlock } from '../message/header-block.js'
import { responseFlagBits as flag } from '../response-flag.js'
import type { LocalReply } from '../router/local-reply.js'
import { allowOrigin, type CorsRuntime } from './cors.js'
import type { FaultRuntime } from './fault.js'

export type RouteFilterKind = 'fault' | 'cors'

/** What a route says to each of them. */
export interface RouteFilterConfigs {
  readonly fault: FaultRuntime | undefined
  readonly cors: CorsRuntime | undefined
}

export interface FilteredRequest extends RouteRequest {
  responseFlags: number
}

interface RouteFilterDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Undefined: the request goes on. `paused`: `resume` will be called. */
export type FilterOutcome = LocalReply | 'paused' | undefined

export class RouteFilters {
  readonly #kinds: readonly RouteFilterKind[]
  readonly #configs: RouteFilterConfigs
  readonly #request: FilteredRequest
  readonly #deps: RouteFilterDeps
  readonly #active: { count: number }
  #at = 0
  #delayDrawn = false
  #delay: Timer | undefined
  /** Counted among the manager's faults. */
  #isActive = false
  #origin: string | undefined

  /** @param active the faults of the manager. */
  constructor(
    kinds: readonly RouteFilterKind[],
    configs: RouteFilterConfigs,
    request: FilteredRequest,
    active: { count: number },
    deps: RouteFilterDeps,
  ) {
    this.#kinds = kinds
    this.#configs = configs
    this.#request = request
    this.#active = active
    this.#deps = deps
  }

  /** Goes on from the filter that paused. @param resume to be called when a pause is over; it runs this again. */
  run(resume: () => void): FilterOutcome {
    const { fault, cors } = this.#configs
    for (; this.#at < this.#kinds.length; this.#at++) {
      let outcome: FilterOutcome
      if (this.#kinds[this.#at] === 'cors') outcome = cors && this.#allow(cors)
      else outcome = fault && this.#inject(fault, resume)
      if (outcome !== undefined) return outcome
    }
    return undefined
  }

  /** After the route's own changes to the head of an answer. */
  onResponse(headers: HeaderBlock): void {
    if (this.#origin === undefined || this.#configs.cors === undefined) return
    headers.set(allowOrigin, this.#origin)
    for (const [name, value] of this.#configs.cors.responseHeaders) headers.set(name, value)
  }

  /** The request is over. */
  end(): void {
    this.#delay?.cancel()
    if (this.#isActive) this.#active.count--
    this.#isActive = false
  }

  #allow(cors: CorsRuntime): FilterOutcome {
    if (!cors.isEnabled(this.#deps.random)) return undefined
    const origin = cors.allowedOrigin(this.#request)
    const answer = cors.answer(this.#request, origin)
    if (answer === undefined) this.#origin = origin
    return answer
  }

  #inject(fault: FaultRuntime, resume: () => void): FilterOutcome {
    const { random } = this.#deps
    if (!this.#delayDrawn) {
      if (!fault.appliesTo(this.#request)) return undefined
      this.#delayDrawn = true
      const delayMs = fault.delayMs(this.#request, random)
      if (delayMs > 0 && this.#activate(fault)) return this.#wait(delayMs, resume)
    }
    const reply = fault.abort(this.#request, random)
    return reply !== undefined && this.#activate(fault) ? reply : undefined
  }

  #wait(delayMs: number, resume: () => void): 'paused' {
    const { clock, logger } = this.#deps
    this.#request.responseFlags |= flag.DI
    this.#delay = clock.setTimer(delayMs, () => guard(logger, 'delayed request', resume))
    return 'paused'
  }

  /** A request counts once, whatever is done to it. */
  #activate({ maxActive }: FaultRuntime): boolean {
    if (this.#isActive) return true
    if (this.#active.count >= maxActive) return false
    this.#active.count++
    this.#isActive = true
    return true
  }
}
