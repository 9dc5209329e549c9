/** The resource client over objects in memory: as much of the API as the runtime uses, with no delay and no rules. */
import {
  type Informer,
  type InformerEvent,
  type InformerOptions,
  type KubernetesObject,
  type ResourceClient,
  type ResourceType,
  statusError,
} from '@heddle/client'

export interface MemoryApi {
  readonly client: ResourceClient
  /** The objects of a kind, by plural name. */
  all(plural: string): readonly KubernetesObject[]
  find(plural: string, name: string, namespace?: string): KubernetesObject | undefined
  /** Resolves when an object of the kind satisfies the condition, now or later. */
  until(plural: string, condition: (object: KubernetesObject) => boolean): Promise<KubernetesObject>
  untilGone(plural: string, name: string): Promise<void>
}

export function createMemoryApi(tokenLifeMs = 3_600_000): MemoryApi {
  const objects = new Map<string, KubernetesObject>()
  const informers = new Set<{ plural: string; options: InformerOptions }>()
  const watchers = new Set<() => void>()
  let version = 0
  let tokens = 0

  const key = (plural: string, name: string, namespace = 'default'): string => `${plural}/${namespace}/${name}`
  const notify = (plural: string, event: InformerEvent): void => {
    for (const informer of informers) if (informer.plural === plural) informer.options.onEvent?.(event)
    for (const watcher of watchers) watcher()
  }
  const store = (plural: string, object: KubernetesObject): KubernetesObject => {
    const stored = structuredClone({
      ...object,
      metadata: {
        ...object.metadata,
        namespace: object.metadata.namespace ?? 'default',
        uid: object.metadata.uid ?? `uid-${++version}`,
        resourceVersion: String(++version),
      },
    })
    objects.set(key(plural, stored.metadata.name, stored.metadata.namespace), stored)
    notify(plural, { type: 'applied', object: stored })
    return stored
  }
  const find = (plural: string, name: string, namespace?: string): KubernetesObject | undefined => objects.get(key(plural, name, namespace))
  const get = (type: ResourceType, name: string, namespace?: string): KubernetesObject => {
    const object = find(type.plural, name, namespace)
    if (!object)
      throw statusError({
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        code: 404,
        reason: 'NotFound',
        message: `${name} not found`,
      })
    return object
  }
  const remove = (plural: string, object: KubernetesObject): void => {
    objects.delete(key(plural, object.metadata.name, object.metadata.namespace))
    notify(plural, { type: 'deleted', object })
  }
  const all = (plural: string): KubernetesObject[] =>
    [...objects].filter(([name]) => name.startsWith(`${plural}/`)).map(([, object]) => object)

  const client: ResourceClient = {
    get: async (type, name, namespace) => find(type.plural, name, namespace),
    list: async (type) => ({ resourceVersion: String(version), items: all(type.plural) }),
    create: async (type, object) => store(type.plural, object),
    update: async (type, object) => store(type.plural, object),
    updateStatus: async (type, object) => store(type.plural, object),
    patch: async (type, name, patch, namespace) => store(type.plural, merge(get(type, name, namespace), patch) as KubernetesObject),
    async delete(type, name, namespace, options) {
      const object = get(type, name, namespace)
      const grace =
        options?.gracePeriodSeconds ?? (object['spec'] as { terminationGracePeriodSeconds?: number }).terminationGracePeriodSeconds ?? 30
      if (type.plural !== 'pods' || grace === 0) remove(type.plural, object)
      else
        store(type.plural, {
          ...object,
          metadata: { ...object.metadata, deletionTimestamp: new Date(0).toISOString(), deletionGracePeriodSeconds: grace },
        })
    },
    async createSubresource(_type, name, _subresource, body) {
      const { audiences } = (body as { spec: { audiences?: string[] } }).spec
      const status = {
        token: `token-${++tokens} of ${name} for ${audiences?.join() ?? 'the API'}`,
        expirationTimestamp: new Date(Date.now() + tokenLifeMs).toISOString(),
      }
      return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name }, status }
    },
    watch(type, options = {}): Informer {
      const informer = { plural: type.plural, options }
      informers.add(informer)
      queueMicrotask(() => {
        for (const object of all(type.plural)) options.onEvent?.({ type: 'applied', object })
        options.onEvent?.({ type: 'synced' })
      })
      return {
        isSynced: false,
        list: () => all(type.plural),
        get: (name, namespace) => find(type.plural, name, namespace),
        close: async () => void informers.delete(informer),
      }
    },
    request: () => Promise.reject(new Error('not in memory')),
    close: async () => {},
  }
  const when = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const watcher = (): void => {
        const found = look()
        if (found === undefined) return
        watchers.delete(watcher)
        resolve(found)
      }
      watchers.add(watcher)
      watcher()
    })
  return {
    client,
    all,
    find,
    until: (plural, condition) => when(() => all(plural).find(condition)),
    untilGone: async (plural, name) => void (await when(() => (find(plural, name) ? undefined : true))),
  }
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = { ...(typeof target === 'object' && target !== null ? target : {}) }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merge(result[name], value)
  }
  return result
}
