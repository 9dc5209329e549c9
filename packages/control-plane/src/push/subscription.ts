/**
 * The server's side of one resource type on one delta stream (xDS protocol, "Incremental xDS"): what the proxy asked
 * for, what it was sent, and what it still has to be told. At most one response is unacknowledged at a time; changes
 * that come meanwhile merge into the next one.
 *
 *   idle --respond--> waiting --ACK/NACK--> idle
 */

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
  /** Takes a request in; the caller then asks for {@link respond}. */
  receive(request: SubscriptionRequest): void
  /**
   * The next response, or undefined when one is unacknowledged or there is nothing to say.
   * @param withRemovals false keeps resources alive that others may still refer to (make before break).
   */
  respond(resources: ReadonlyMap<string, Resource>, withRemovals: boolean): SubscriptionResponse<Resource> | undefined
  /** Whether a response is unacknowledged. */
  readonly isWaiting: boolean
  /** Whether the proxy lacks something of `resources`, removals included. */
  isBehind(resources: ReadonlyMap<string, Resource>): boolean
  status(resources: ReadonlyMap<string, Resource>): SubscriptionStatus
}

/** @param nextNonce a value never used before on this stream. */
export function createSubscription<Resource extends VersionedResource>(nextNonce: () => string): Subscription<Resource> {
  const names = new Set<string>()
  /** Versions as last sent, or as the proxy said it holds. */
  const held = new Map<string, string>()
  /** Names that must be answered whatever is held. */
  const unanswered = new Set<string>()
  let isWildcard = false
  let isFirst = true
  let owesAnswer = true
  let waitingNonce: string | undefined
  let error: string | undefined

  const covers = (name: string): boolean => isWildcard || names.has(name)

  const changed = (resources: ReadonlyMap<string, Resource>): Resource[] => {
    const wanted = isWildcard ? [...resources.values()] : [...names].flatMap((name) => resources.get(name) ?? [])
    return wanted.filter((resource) => unanswered.has(resource.name) || held.get(resource.name) !== resource.version)
  }
  const gone = (resources: ReadonlyMap<string, Resource>): string[] =>
    [...held.keys()].filter((name) => covers(name) && !resources.has(name))
  const missing = (resources: ReadonlyMap<string, Resource>): string[] =>
    [...unanswered].filter((name) => !resources.has(name) && !held.has(name))

  return {
    get isWaiting() {
      return waitingNonce !== undefined
    },
    receive(request) {
      if (request.responseNonce && request.responseNonce === waitingNonce) {
        waitingNonce = undefined
        error = request.errorMessage
      }
      if (isFirst) {
        isFirst = false
        for (const [name, version] of Object.entries(request.initialVersions)) held.set(name, version)
        if (request.subscribe.length === 0) isWildcard = true
      }
      // Subscriptions count even when the nonce is stale.
      for (const name of request.subscribe) {
        if (name === '*') isWildcard = true
        else {
          if (request.initialVersions[name] === undefined) unanswered.add(name)
          names.add(name)
        }
      }
      for (const name of request.unsubscribe) {
        if (name === '*') isWildcard = false
        names.delete(name)
        unanswered.delete(name)
        if (isWildcard) unanswered.add(name)
        else held.delete(name)
      }
    },
    respond(resources, withRemovals) {
      if (waitingNonce !== undefined) return undefined
      const updates = changed(resources)
      const removed = [...(withRemovals ? gone(resources) : []), ...missing(resources)]
      if (updates.length === 0 && removed.length === 0 && !owesAnswer) return undefined
      for (const resource of updates) held.set(resource.name, resource.version)
      for (const name of removed) held.delete(name)
      unanswered.clear()
      owesAnswer = false
      waitingNonce = nextNonce()
      return { nonce: waitingNonce, resources: updates, removed }
    },
    isBehind: (resources) => owesAnswer || changed(resources).length > 0 || gone(resources).length > 0,
    status(resources) {
      const resourceCount = held.size
      if (error !== undefined) return { state: 'ERROR', error, resourceCount }
      if (owesAnswer) return { state: 'NOT SENT', resourceCount }
      const isCurrent = waitingNonce === undefined && changed(resources).length === 0 && gone(resources).length === 0
      return { state: isCurrent ? 'SYNCED' : 'STALE', resourceCount }
    },
  }
}
