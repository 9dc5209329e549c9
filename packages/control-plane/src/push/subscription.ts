/**
 * The server's side of one resource type on one delta stream (xDS protocol, "Incremental xDS"): what the proxy asked
 * for, what it was sent, and what it still has to be told. At most one response is unacknowledged at a time; changes
 * that come meanwhile merge into the next one.
 *
 *   idle --respond--> waiting --ACK/NACK--> idle
 */
import { limitExceeded } from './limit-exceeded.js'

export interface VersionedResource {
  readonly name: string
  readonly version: string
}

export interface SubscriptionRequest {
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  /** Only in the first request of a stream: what the proxy still holds. */
  readonly initialVersions: Readonly<Record<string, string>>
  /** Absent or empty in spontaneous requests. */
  readonly responseNonce?: string
  /** Why the last response was refused; absent in an ACK. */
  readonly errorMessage?: string
}

export interface SubscriptionResponse<Resource extends VersionedResource> {
  readonly nonce: string
  readonly resources: readonly Resource[]
  readonly removed: readonly string[]
}

export type SyncState = 'SYNCED' | 'STALE' | 'NOT SENT' | 'ERROR'

export interface SubscriptionStatus {
  readonly state: SyncState
  readonly error?: string
  readonly resourceCount: number
}

export interface Subscription<Resource extends VersionedResource> {
  /** Takes a request in; the caller then asks for {@link respond}. @throws HEDDLE_CONTROL_PLANE_LIMIT */
  receive(request: SubscriptionRequest): void
  /**
   * The next response, or undefined when one is unacknowledged or there is nothing to say.
   * @param withRemovals false keeps resources alive that others may still refer to (make before break).
   */
  respond(resources: ReadonlyMap<string, Resource>, withRemovals: boolean): SubscriptionResponse<Resource> | undefined
  /** Whether a response is unacknowledged. */
  readonly isWaiting: boolean
  /** Whether the proxy runs an older version of something, since it refused the newest one. */
  readonly runsOlder: boolean
  /** Whether the proxy lacks something of `resources`, removals included. */
  isBehind(resources: ReadonlyMap<string, Resource>): boolean
  status(resources: ReadonlyMap<string, Resource>): SubscriptionStatus
}

/** Names that one subscription may hold; a mesh of 10,000 services has about 40,000 clusters. */
const maxNames = 100_000

/** Characters of a refusal's reason that are kept. */
const maxReason = 2000

/** @param nextNonce a value never used before on this stream. */
export function createSubscription<Resource extends VersionedResource>(nextNonce: () => string): Subscription<Resource> {
  return new DeltaSubscription<Resource>(nextNonce)
}

class DeltaSubscription<Resource extends VersionedResource> implements Subscription<Resource> {
  readonly #nextNonce: () => string
  readonly #names = new Set<string>()
  /** Versions as last sent, or as the proxy said it holds. */
  readonly #held = new Map<string, string>()
  /** Names that must be answered whatever is held. */
  readonly #unanswered = new Set<string>()
  #isWildcard = false
  #isFirst = true
  #owesAnswer = true
  #waitingNonce: string | undefined
  /** Names in the response that is unacknowledged. */
  #waitingNames: readonly string[] = []
  /** Reasons by name. A refusal holds for the resource it names until that is accepted or gone, whatever else is accepted. */
  readonly #refused = new Map<string, string>()
  /** Names of which the proxy has some version in force. */
  readonly #accepted = new Set<string>()

  constructor(nextNonce: () => string) {
    this.#nextNonce = nextNonce
  }

  get isWaiting(): boolean {
    return this.#waitingNonce !== undefined
  }

  get runsOlder(): boolean {
    return [...this.#refused.keys()].some((name) => name === '' || this.#accepted.has(name))
  }

  receive(request: SubscriptionRequest): void {
    if (request.responseNonce && request.responseNonce === this.#waitingNonce) {
      this.#waitingNonce = undefined
      this.#settle(this.#waitingNames, request.errorMessage?.slice(0, maxReason))
    }
    if (this.#isFirst) {
      this.#isFirst = false
      for (const [name, version] of Object.entries(request.initialVersions)) {
        this.#held.set(name, version)
        this.#accepted.add(name)
      }
      this.#isWildcard = request.subscribe.length === 0
    }
    // Subscriptions count even when the nonce is stale.
    for (const name of request.subscribe) this.#subscribe(name, request.initialVersions[name])
    for (const name of request.unsubscribe) this.#unsubscribe(name)
    const most = Math.max(this.#names.size, this.#unanswered.size, this.#held.size)
    if (most > maxNames) throw limitExceeded(`more than ${maxNames} names of one type`)
  }

  respond(resources: ReadonlyMap<string, Resource>, withRemovals: boolean): SubscriptionResponse<Resource> | undefined {
    if (this.#waitingNonce !== undefined) return undefined
    const updates = this.#changed(resources)
    const removed = [...(withRemovals ? this.#gone(resources) : []), ...this.#missing(resources)]
    if (updates.length === 0 && removed.length === 0 && !this.#owesAnswer) return undefined
    for (const resource of updates) this.#held.set(resource.name, resource.version)
    for (const name of removed) {
      this.#held.delete(name)
      this.#refused.delete(name)
      this.#accepted.delete(name)
    }
    this.#unanswered.clear()
    this.#owesAnswer = false
    this.#waitingNonce = this.#nextNonce()
    this.#waitingNames = updates.map(({ name }) => name)
    return { nonce: this.#waitingNonce, resources: updates, removed }
  }

  isBehind(resources: ReadonlyMap<string, Resource>): boolean {
    return this.#owesAnswer || this.#changed(resources).length > 0 || this.#gone(resources).length > 0
  }

  status(resources: ReadonlyMap<string, Resource>): SubscriptionStatus {
    const resourceCount = this.#held.size
    if (this.#refused.size > 0) return { state: 'ERROR', error: [...new Set(this.#refused.values())].join('; '), resourceCount }
    if (this.#owesAnswer) return { state: 'NOT SENT', resourceCount }
    const isCurrent = !this.isWaiting && !this.isBehind(resources)
    return { state: isCurrent ? 'SYNCED' : 'STALE', resourceCount }
  }

  /** A reason that names none of the resources is for all of them. */
  #settle(names: readonly string[], reason: string | undefined): void {
    this.#refused.delete('')
    const named = reason === undefined ? [] : names.filter((name) => reason.includes(name))
    for (const name of names) {
      if (reason !== undefined && (named.length === 0 || named.includes(name))) this.#refused.set(name, reason)
      else {
        this.#refused.delete(name)
        this.#accepted.add(name)
      }
    }
    if (reason !== undefined && names.length === 0) this.#refused.set('', reason)
  }

  #subscribe(name: string, heldVersion: string | undefined): void {
    if (name === '*') {
      this.#isWildcard = true
      return
    }
    if (heldVersion === undefined) this.#unanswered.add(name)
    this.#names.add(name)
  }

  #unsubscribe(name: string): void {
    if (name === '*') {
      this.#isWildcard = false
      return
    }
    this.#names.delete(name)
    // Under a wildcard the resource stays subscribed, and the proxy, which just dropped it, is told it again.
    if (this.#isWildcard) this.#unanswered.add(name)
    else {
      this.#unanswered.delete(name)
      this.#held.delete(name)
      this.#refused.delete(name)
      this.#accepted.delete(name)
    }
  }

  #changed(resources: ReadonlyMap<string, Resource>): readonly Resource[] {
    const wanted = this.#isWildcard ? [...resources.values()] : [...this.#names].flatMap((name) => resources.get(name) ?? [])
    return wanted.filter((resource) => this.#unanswered.has(resource.name) || this.#held.get(resource.name) !== resource.version)
  }

  #gone(resources: ReadonlyMap<string, Resource>): readonly string[] {
    return [...this.#held.keys()].filter((name) => (this.#isWildcard || this.#names.has(name)) && !resources.has(name))
  }

  /** Names that were asked for and do not exist: the proxy must not wait for them. */
  #missing(resources: ReadonlyMap<string, Resource>): readonly string[] {
    return [...this.#unanswered].filter((name) => !resources.has(name) && !this.#held.has(name))
  }
}
