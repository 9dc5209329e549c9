/**
 * The resources of one type: as last received, and as last accepted. One that cannot be decoded keeps its last version and
 * is named in the refusal while its neighbours apply; one that the proxy could not use stays wanted, since it may be usable
 * later, but only what was accepted is kept for a restart and reported to the next stream.
 */
import { messageOf } from '@heddle/base'
import type { DeltaResponse } from '@heddle/xds'

export interface HeldResource<Value> {
  readonly version: string
  readonly bytes: Uint8Array
  readonly value: Value
}

export interface ResourceTable<Value> {
  /** The newest version of each that could be decoded. */
  readonly held: ReadonlyMap<string, HeldResource<Value>>
  /** What the proxy has in force. */
  readonly accepted: ReadonlyMap<string, HeldResource<Value>>
  /** Names that were asked for and do not exist. */
  readonly absent: ReadonlySet<string>
  /** @returns the faults of the response, one a resource; empty when all of it was taken. */
  take(response: Pick<DeltaResponse, 'resources' | 'removed'>): readonly string[]
  /** What this gave of the table is in force, but for the `refused` names: those keep what was accepted before. */
  snapshot(): (refused: ReadonlySet<string>) => void
  /** Back to what is accepted: whatever else was received, the next stream sends again. */
  reset(): void
  /** What a new stream says it still has: accepted versions only. */
  versions(): Readonly<Record<string, string>>
  /** Forgets names that are no longer subscribed. */
  drop(names: Iterable<string>): void
}

/**
 * How the type is subscribed: only of names that were asked for does anybody want to know that they do not exist. Of a type
 * that is `kept`, the last value outlives its removal, as Envoy treats secrets: references to it decide, not their absence.
 */
export type SubscriptionKind = 'wildcard' | 'by-name' | 'kept'

/** @param decode throws for a resource that cannot be used. */
export function createResourceTable<Value>(
  decode: (bytes: Uint8Array, name: string, version: string) => Value,
  kind: SubscriptionKind = 'wildcard',
): ResourceTable<Value> {
  const held = new Map<string, HeldResource<Value>>()
  const accepted = new Map<string, HeldResource<Value>>()
  const absent = new Set<string>()
  return {
    held,
    accepted,
    absent,
    take({ resources, removed }) {
      const faults: string[] = []
      for (const { name, version, bytes } of resources) {
        try {
          held.set(name, { version, bytes, value: decode(bytes, name, version) })
          absent.delete(name)
        } catch (error) {
          faults.push(`${name}: ${messageOf(error)}`)
        }
      }
      for (const name of removed) {
        if (kind === 'kept' && held.has(name)) continue
        held.delete(name)
        if (kind !== 'wildcard') absent.add(name)
      }
      return faults
    },
    snapshot() {
      const given = new Map(held)
      return (refused) => {
        for (const name of accepted.keys()) if (!given.has(name)) accepted.delete(name)
        for (const [name, resource] of given) if (!refused.has(name)) accepted.set(name, resource)
      }
    },
    reset() {
      held.clear()
      for (const [name, resource] of accepted) held.set(name, resource)
    },
    versions: () => Object.fromEntries([...accepted].map(([name, { version }]) => [name, version])),
    drop(names) {
      for (const name of names) {
        held.delete(name)
        accepted.delete(name)
        absent.delete(name)
      }
    },
  }
}
