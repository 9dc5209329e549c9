/**
 * A Kubernetes-style API in memory, for tests: what the resource client of `@heddle/client` promises, without a server. It
 * checks what the control plane relies on (versions, conflicts, watches) and nothing else; it validates no field.
 */
import { HeddleError } from '@heddle/base'
import {
  type Informer,
  type InformerOptions,
  type KubernetesObject,
  type ResourceClient,
  type ResourceType,
  type Status,
  statusError,
} from '@heddle/client'
import { kindInfo } from '@heddle/config-schema'

export interface FakeResourceClient extends ResourceClient {
  /** Creates or replaces an object, whatever its version; watchers hear of it before this returns. */
  apply(object: ApplyObject): void
  /** Deletes an object that {@link apply} made; nothing happens when there is none. */
  remove(object: ApplyObject): void
  /** Whether there is such an object, also while the API is away. */
  has(plural: string, name: string, namespace?: string): boolean
  /** From now on access reviews refuse a user, such as `system:serviceaccount:NAMESPACE:NAME`; all others may do everything. */
  deny(user: string): void
  /** Takes {@link deny} back. */
  allow(user: string): void
  /** While true, every call but the open watches fails as if the API could not be reached. */
  setAway(isAway: boolean): void
}

/** An object as a manifest has it. */
export interface ApplyObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

export function createFakeResourceClient(...objects: readonly ApplyObject[]): FakeResourceClient {
  const client = new MemoryApi()
  for (const object of objects) client.apply(object)
  return client
}

interface Watcher {
  readonly plural: string
  readonly options: InformerOptions
}

class MemoryApi implements FakeResourceClient {
  readonly #objects = new Map<string, Map<string, KubernetesObject>>()
  readonly #watchers = new Set<Watcher>()
  readonly #denied = new Set<string>()
  #version = 0
  #isAway = false

  apply(object: ApplyObject): void {
    this.#store(pluralOf(object), object as KubernetesObject)
  }

  remove(object: ApplyObject): void {
    this.#delete(pluralOf(object), object.metadata.name, object.metadata.namespace)
  }

  has(plural: string, name: string, namespace?: string): boolean {
    return this.#table(plural).has(keyOf(name, namespace))
  }

  deny(user: string): void {
    this.#denied.add(user)
  }

  allow(user: string): void {
    this.#denied.delete(user)
  }

  setAway(isAway: boolean): void {
    this.#isAway = isAway
  }

  async get({ plural }: ResourceType, name: string, namespace?: string): Promise<KubernetesObject | undefined> {
    this.#checkReachable()
    return this.#table(plural).get(keyOf(name, namespace))
  }

  async list({ plural }: ResourceType): Promise<{ resourceVersion: string; items: readonly KubernetesObject[] }> {
    this.#checkReachable()
    return { resourceVersion: String(this.#version), items: [...this.#table(plural).values()] }
  }

  async create({ plural }: ResourceType, object: KubernetesObject): Promise<KubernetesObject> {
    this.#checkReachable()
    if (plural === 'subjectaccessreviews')
      return { ...object, status: { allowed: !this.#denied.has((object['spec'] as { readonly user?: string }).user ?? '') } }
    if (this.#table(plural).has(keyOfObject(object))) throw failure(409, 'AlreadyExists')
    return this.#store(plural, object)
  }

  async update({ plural }: ResourceType, object: KubernetesObject): Promise<KubernetesObject> {
    this.#checkReachable()
    const live = this.#table(plural).get(keyOfObject(object))
    if (!live) throw failure(404, 'NotFound')
    if (object.metadata.resourceVersion !== live.metadata.resourceVersion) throw failure(409, 'Conflict')
    return this.#store(plural, object)
  }

  async patch({ plural }: ResourceType, name: string, patch: object, namespace?: string): Promise<KubernetesObject> {
    this.#checkReachable()
    const live = this.#table(plural).get(keyOf(name, namespace))
    if (!live) throw failure(404, 'NotFound')
    return this.#store(plural, merged(live, patch) as KubernetesObject)
  }

  async delete({ plural }: ResourceType, name: string, namespace?: string): Promise<void> {
    this.#checkReachable()
    this.#delete(plural, name, namespace)
  }

  updateStatus(type: ResourceType, object: KubernetesObject): Promise<KubernetesObject> {
    return this.update(type, object)
  }

  createSubresource(): Promise<KubernetesObject> {
    return Promise.reject(failure(501, 'NotImplemented'))
  }

  request(): Promise<never> {
    return Promise.reject(failure(501, 'NotImplemented'))
  }

  watch({ plural }: ResourceType, options: InformerOptions = {}): Informer {
    const watcher: Watcher = { plural, options }
    let isSynced = false
    const matching = (): readonly KubernetesObject[] => [...this.#table(plural).values()].filter((object) => isWatched(watcher, object))
    queueMicrotask(() => {
      for (const object of matching()) options.onEvent?.({ type: 'applied', object })
      this.#watchers.add(watcher)
      isSynced = true
      options.onEvent?.({ type: 'synced' })
    })
    return {
      list: matching,
      get: (name, namespace) => {
        const found = this.#table(plural).get(keyOf(name, namespace))
        return found && isWatched(watcher, found) ? found : undefined
      },
      get isSynced() {
        return isSynced
      },
      close: async () => void this.#watchers.delete(watcher),
    }
  }

  async close(): Promise<void> {
    this.#watchers.clear()
  }

  #table(plural: string): Map<string, KubernetesObject> {
    const table = this.#objects.get(plural) ?? new Map<string, KubernetesObject>()
    this.#objects.set(plural, table)
    return table
  }

  #store(plural: string, object: KubernetesObject): KubernetesObject {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } }
    this.#table(plural).set(keyOfObject(stored), stored)
    this.#tell('applied', plural, stored)
    return stored
  }

  #delete(plural: string, name: string, namespace: string | undefined): void {
    const object = this.#table(plural).get(keyOf(name, namespace))
    if (!object) return
    this.#table(plural).delete(keyOf(name, namespace))
    this.#tell('deleted', plural, object)
  }

  #tell(type: 'applied' | 'deleted', plural: string, object: KubernetesObject): void {
    for (const watcher of this.#watchers) {
      if (watcher.plural === plural && isWatched(watcher, object)) watcher.options.onEvent?.({ type, object })
    }
  }

  #checkReachable(): void {
    if (this.#isAway) throw new HeddleError({ code: 'HEDDLE_API_UNREACHABLE', message: 'the API is away', retryable: true })
  }
}

function isWatched({ options }: Watcher, object: KubernetesObject): boolean {
  const { metadata } = object
  if (options.namespace !== undefined && options.namespace !== metadata.namespace) return false
  return (options.fieldSelector ?? '').split(',').every((term) => {
    if (term.startsWith('type!=')) return object['type'] !== term.slice('type!='.length)
    return term === '' || term === `metadata.name=${metadata.name}`
  })
}

function pluralOf({ apiVersion, kind }: ApplyObject): string {
  const info = kindInfo(apiVersion, kind)
  if (info) return info.plural
  throw new Error(`${apiVersion} ${kind} is no kind of this mesh`)
}

/** RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merged(result[key], value)
  }
  return result
}

const keyOf = (name: string, namespace: string | undefined): string => `${namespace ?? ''}/${name}`
const keyOfObject = ({ metadata }: KubernetesObject): string => keyOf(metadata.name, metadata.namespace)

function failure(code: number, reason: string): HeddleError {
  const status: Status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason }
  return statusError(status)
}
