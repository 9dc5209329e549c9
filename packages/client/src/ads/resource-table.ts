/**
 * The resources of one type as last accepted. A bad resource keeps its last good version and is named in the refusal,
 * while its neighbours in the same response apply.
 */
import { messageOf } from '@heddle/base'
import type { DeltaResponse } from '@heddle/xds'

export interface HeldResource<Value> {
  readonly version: string
  readonly bytes: Uint8Array
  readonly value: Value
}

export interface ResourceTable<Value> {
  readonly held: ReadonlyMap<string, HeldResource<Value>>
  /** Names that were asked for and do not exist. */
  readonly absent: ReadonlySet<string>
  /** @returns the faults of the response, one a resource; empty when all of it was taken. */
  take(response: Pick<DeltaResponse, 'resources' | 'removed'>): readonly string[]
  /** What a new stream says it still holds. */
  versions(): Readonly<Record<string, string>>
  /** Forgets names that are no longer subscribed. */
  drop(names: Iterable<string>): void
}

/** How the type is subscribed: only of names that were asked for does anybody want to know that they do not exist. */
export type SubscriptionKind = 'wildcard' | 'by-name'

/** @param decode throws for a resource that cannot be used. */
export function createResourceTable<Value>(
  decode: (bytes: Uint8Array, name: string, version: string) => Value,
  kind: SubscriptionKind = 'wildcard',
): ResourceTable<Value> {
  const held = new Map<string, HeldResource<Value>>()
  const absent = new Set<string>()
  return {
    held,
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
        held.delete(name)
        if (kind === 'by-name') absent.add(name)
      }
      return faults
    },
    versions: () => Object.fromEntries([...held].map(([name, { version }]) => [name, version])),
    drop(names) {
      for (const name of names) {
        held.delete(name)
        absent.delete(name)
      }
    },
  }
}
