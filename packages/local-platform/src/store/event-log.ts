/** The recent past of the store, so that a watch can go on from a resource version. Bounded: older versions answer 410. */
import type { KubernetesObject } from '@heddle/client'

export interface StoreEvent {
  readonly revision: number
  readonly key: string
  /** Undefined when the object was deleted. */
  readonly object: KubernetesObject | undefined
  /** As it was before; undefined when it was created. */
  readonly previous: KubernetesObject | undefined
}

export interface EventLog {
  append(event: StoreEvent): void
  /** The events after `revision`, or undefined when the log no longer reaches back that far. */
  since(revision: number): readonly StoreEvent[] | undefined
  /** Calls `listener` for every later event; the result stops it. */
  subscribe(listener: (event: StoreEvent) => void): () => void
  /** Version of the newest event delivered. */
  readonly revision: number
}

const defaultCapacity = 8192

/** @param startRevision everything up to it happened before this log began. */
export function createEventLog(startRevision: number, capacity: number = defaultCapacity): EventLog {
  const listeners = new Set<(event: StoreEvent) => void>()
  let events: StoreEvent[] = []
  let firstRevision = startRevision
  let revision = startRevision
  return {
    append(event) {
      events.push(event)
      revision = event.revision
      if (events.length > capacity * 2) {
        const dropped = events.length - capacity
        firstRevision = events[dropped - 1]?.revision ?? firstRevision
        events = events.slice(dropped)
      }
      for (const listener of listeners) listener(event)
    },
    since: (from) => (from < firstRevision ? undefined : events.filter((event) => event.revision > from)),
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    get revision() {
      return revision
    },
  }
}
