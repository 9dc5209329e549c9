/**
 * The types that are subscribed by name, each name as long as a cluster or listener refers to it. A name that nothing refers to
 * any more is let go of, with what is held of it.
 */
import type { DeltaRequest } from '@heddle/xds'
import type { ResourceTable } from './resource-table.js'
import { type ConfigTables, type ReferencedKind, referencedKinds, referencesOf } from './snapshot.js'

export interface ReferenceSubscriptions {
  names(kind: ReferencedKind): readonly string[]
  /** Sends what is new and what is gone since the last time. */
  follow(): void
}

export interface ReferenceOptions {
  readonly tables: ConfigTables
  readonly typeUrls: Readonly<Record<keyof ConfigTables, string>>
}

export function createReferenceSubscriptions(
  { tables, typeUrls }: ReferenceOptions,
  send: (request: DeltaRequest) => void,
): ReferenceSubscriptions {
  const subscribed: Readonly<Record<ReferencedKind, Set<string>>> = { endpoints: new Set(), routes: new Set(), secrets: new Set() }
  const followKind = (kind: ReferencedKind): void => {
    const names = subscribed[kind]
    const table: ResourceTable<unknown> = tables[kind]
    const referenced = referencesOf(kind, tables)
    const isFirst = names.size === 0
    const added = [...referenced].filter((name) => !names.has(name))
    const dropped = [...names].filter((name) => !referenced.has(name))
    for (const name of added) names.add(name)
    for (const name of dropped) names.delete(name)
    table.drop(dropped)
    if (added.length === 0 && dropped.length === 0) return
    send({ typeUrl: typeUrls[kind], subscribe: added, unsubscribe: dropped, initialVersions: isFirst ? table.versions() : {} })
  }
  return {
    names: (kind) => [...subscribed[kind]],
    follow: () => referencedKinds.forEach(followKind),
  }
}
