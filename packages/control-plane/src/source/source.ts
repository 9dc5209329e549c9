/** Where the model comes from: one list/watch per kind over the Kubernetes-style API, embedded or real. */
import type { Informer, InformerEvent, ResourceClient } from '@heddle/client'
import type { MeshSnapshotInput } from '@heddle/translation'
import { type SnapshotField, watchedTypes } from './watched-types.js'

export interface Change {
  readonly field: SnapshotField
  readonly event: InformerEvent
}

export interface Source {
  /** The objects as last seen; complete once {@link untilSynced} has resolved. */
  input(): MeshSnapshotInput
  /** Resolves when every kind was listed once. @throws the signal's reason when it aborts first. */
  untilSynced(signal?: AbortSignal): Promise<void>
  /** Calls `listener` for every object that comes, changes or goes. */
  onChange(listener: (change: Change) => void): void
  close(): Promise<void>
}

export function createSource(client: ResourceClient): Source {
  const listeners: ((change: Change) => void)[] = []
  const fields = Object.keys(watchedTypes) as SnapshotField[]
  const onEvent = (field: SnapshotField, event: InformerEvent): void => {
    for (const listener of listeners) listener({ field, event })
  }
  const informers = new Map<SnapshotField, Informer>(
    fields.map((field) => [field, client.watch(watchedTypes[field], { onEvent: (event) => onEvent(field, event) })]),
  )
  const isSynced = (): boolean => [...informers.values()].every((informer) => informer.isSynced)

  return {
    input: () => Object.fromEntries([...informers].map(([field, informer]) => [field, informer.list()])) as unknown as MeshSnapshotInput,
    onChange: (listener) => void listeners.push(listener),
    untilSynced: (signal) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!isSynced()) return
          signal?.removeEventListener('abort', onAbort)
          resolve()
        }
        const onAbort = (): void => reject(signal?.reason as Error)
        signal?.addEventListener('abort', onAbort, { once: true })
        listeners.push(({ event }) => event.type === 'synced' && check())
        check()
      }),
    async close() {
      await Promise.all([...informers.values()].map((informer) => informer.close()))
    },
  }
}
