/**
 * The state that is on disk, now and as far back as the event log reaches: pages of one list show the moment of the first
 * (Kubernetes API concepts, "retrieving large results sets in chunks").
 */
import type { KubernetesObject } from '@heddle/client'
import type { EventLog, StoreEvent } from './event-log.js'
import { inKeyOrder, type KeyedObject } from './key-order.js'

export interface DurableState {
  readonly revision: number
  get(key: string): KubernetesObject | undefined
  /** Objects whose key starts with `prefix`, in key order, as they were at `revision`; undefined when that is too long ago. */
  list(prefix: string, revision?: number): readonly KeyedObject[] | undefined
}

/** @param loaded the state at the event log's start. */
export function createDurableState(
  loaded: ReadonlyMap<string, KubernetesObject>,
  events: EventLog,
): DurableState & { append(event: StoreEvent): void } {
  const objects = new Map(loaded)
  return {
    get revision() {
      return events.revision
    },
    get: (key) => objects.get(key),
    list(prefix, revision = events.revision) {
      const later = revision > events.revision ? undefined : events.since(revision)
      if (!later || later.length === 0) return later && inKeyOrder(objects, prefix)
      const then = new Map(inKeyOrder(objects, prefix))
      for (const { key, previous } of later.toReversed()) {
        if (!key.startsWith(prefix)) continue
        if (previous) then.set(key, previous)
        else then.delete(key)
      }
      return inKeyOrder(then, prefix)
    },
    append(event) {
      if (event.object) objects.set(event.key, event.object)
      else objects.delete(event.key)
      events.append(event)
    },
  }
}
