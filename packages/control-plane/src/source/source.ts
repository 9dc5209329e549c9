/** Where the model comes from: one list/watch per kind over the Kubernetes-style API, embedded or real. */
import type { Informer, InformerEvent, ResourceClient } from '@heddle/client'
import type { MeshSnapshotInput } from '@heddle/translation'
import { type SnapshotField, watchedTypes } from './watched-types.js'

export interface Change {
  readonly field: SnapshotField
  readonly event: InformerEvent
}

export interface Source {
  /** The objects as last seen; complete once {@link isSynced}. */
  input(): MeshSnapshotInput
  readonly isSynced: boolean
  close(): Promise<void>
}

/** @param onChange called for every object that came, changed or went, and once per kind when its first list is complete. */
export function createSource(client: ResourceClient, onChange: (change: Change) => void): Source {
  const fields = Object.keys(watchedTypes) as SnapshotField[]
  const informers = new Map<SnapshotField, Informer>(
    fields.map((field) => [field, client.watch(watchedTypes[field], { onEvent: (event) => onChange({ field, event }) })]),
  )
  return {
    input: () => Object.fromEntries([...informers].map(([field, informer]) => [field, informer.list()])) as unknown as MeshSnapshotInput,
    get isSynced() {
      return [...informers.values()].every((informer) => informer.isSynced)
    },
    async close() {
      await Promise.all([...informers.values()].map((informer) => informer.close()))
    },
  }
}
