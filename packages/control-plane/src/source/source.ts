/** Where the model comes from: one list/watch per kind over the Kubernetes-style API, embedded or real. */
import type { Logger } from '@heddle/base'
import type { Informer, InformerEvent, KubernetesObject, ResourceClient } from '@heddle/client'
import type { MeshSnapshotInput } from '@heddle/translation'
import { type AccountUse, createAccountUse } from './account-use.js'
import { createEndpointRemovals } from './endpoint-removals.js'
import { type MeshConfigWatch, watchMeshConfig } from './mesh-config-watch.js'
import { type SnapshotField, watchedTypes } from './watched-types.js'

export interface Change {
  /** Whether it must not wait for others: an endpoint that was ready went away. */
  readonly isUrgent: boolean
  /** The namespace that came or changed, if it was one. */
  readonly namespace?: string
}

export interface SourceOptions {
  readonly client: ResourceClient
  /** Where the ConfigMap `istio` is. */
  readonly namespace: string
  /** Called for every object that comes, changes or goes, once the source is synced. */
  readonly onChange: (change: Change) => void
  readonly logger: Logger
}

export interface Source {
  /** The objects as last seen; complete once {@link untilSynced} has resolved. */
  input(): MeshSnapshotInput
  /** One object as last seen. */
  find(field: SnapshotField, name: string, namespace: string): KubernetesObject | undefined
  /** What runs under which service account, as last seen. */
  readonly accounts: Pick<AccountUse, 'hasPod' | 'hasEntry'>
  /** Resolves when every kind was listed once. @throws the signal's reason when it aborts first. */
  untilSynced(signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

export function createSource(options: SourceOptions): Source {
  return new WatchedSource(options)
}

class WatchedSource implements Source {
  readonly accounts: AccountUse = createAccountUse()
  readonly #informers: ReadonlyMap<SnapshotField, Informer>
  readonly #meshConfig: MeshConfigWatch
  readonly #onChange: (change: Change) => void
  readonly #isRemoval = createEndpointRemovals()
  #isSynced = false
  #onSynced: (() => void) | undefined

  constructor({ client, namespace, onChange, logger }: SourceOptions) {
    this.#onChange = onChange
    const fields = Object.keys(watchedTypes) as SnapshotField[]
    this.#informers = new Map(
      fields.map((field) => [field, client.watch(watchedTypes[field], { onEvent: (event) => this.#take(field, event) })]),
    )
    this.#meshConfig = watchMeshConfig({ client, namespace, logger, onChange: () => this.#changed({ isUrgent: false }) })
  }

  input(): MeshSnapshotInput {
    const lists = Object.fromEntries([...this.#informers].map(([field, informer]) => [field, informer.list()]))
    return { ...(lists as unknown as MeshSnapshotInput), meshConfig: this.#meshConfig.current() }
  }

  find(field: SnapshotField, name: string, namespace: string): KubernetesObject | undefined {
    return this.#informers.get(field)?.get(name, namespace)
  }

  async untilSynced(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#checkSynced()
    if (this.#isSynced) return
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(signal?.reason as Error)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#onSynced = () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
    })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#informers.values(), this.#meshConfig].map((informer) => informer.close()))
  }

  #take(field: SnapshotField, event: InformerEvent): void {
    if (field === 'pods' || field === 'workloadEntries') this.accounts.take(field, event)
    const isUrgent = field === 'endpointSlices' && this.#isRemoval(event)
    if (event.type === 'synced') this.#changed({ isUrgent })
    else if (field === 'namespaces' && event.type === 'applied') this.#changed({ isUrgent, namespace: event.object.metadata.name })
    else this.#changed({ isUrgent })
  }

  #changed(change: Change): void {
    if (this.#isSynced) this.#onChange(change)
    else this.#checkSynced()
  }

  #checkSynced(): void {
    // Informers may call back while they are being made; there is nothing to check then.
    if (![...(this.#informers?.values() ?? []), this.#meshConfig].every((informer) => informer?.isSynced)) return
    this.#isSynced = true
    this.#onSynced?.()
  }
}
