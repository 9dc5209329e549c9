/** The resource client's interface over the registry in the same process: the controllers use it, without TLS in between. */
import { type Clock, HeddleError, type Logger, type Random } from '@heddle/base'
import {
  createInformer,
  type InformerSource,
  type KubernetesObject,
  type ResourceClient,
  type ResourceType,
  type WatchEvent,
} from '@heddle/client'
import { pathNotFound } from './api-failure.js'
import type { DeleteRequest } from './deletion.js'
import { createSubresource, type SubresourceServices } from './object-subresources.js'
import type { Registry } from './registry.js'
import { apiVersionOf, type ResourceKind } from './resource-kind.js'
import { startWatch } from './watch-session.js'

export interface LocalClientDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export function createLocalClient(registry: Registry, services: SubresourceServices, deps: LocalClientDeps): ResourceClient {
  const kindOf = (type: ResourceType): ResourceKind => {
    const kind = registry.catalog.byPlural(type.group, type.version, type.plural)
    if (!kind) throw pathNotFound()
    return kind
  }
  const scopeOf = (kind: ResourceKind, namespace: string | undefined): string | undefined => (kind.isNamespaced ? namespace : undefined)
  const informers = new Set<{ close(): Promise<void> }>()
  return {
    async get(type, name, namespace) {
      const kind = kindOf(type)
      const object = registry.find(kind, scopeOf(kind, namespace), name)
      return object && inVersion(object, kind, type)
    },
    async list(type, options = {}) {
      const kind = kindOf(type)
      const { items, resourceVersion } = registry.list(kind, options)
      return { items: items.map((item) => inVersion(item, kind, type)), resourceVersion }
    },
    create: (type, object) => registry.create(kindOf(type), object.metadata.namespace, object),
    update: (type, object) => registry.update(kindOf(type), object.metadata.namespace, object.metadata.name, object),
    updateStatus: (type, object) =>
      registry.update(kindOf(type), object.metadata.namespace, object.metadata.name, object, { subresource: 'status' }),
    patch: (type, name, patch, namespace, subresource) =>
      registry.patch(kindOf(type), namespace, name, { type: 'merge', body: patch }, { subresource }),
    async delete(type, name, namespace, { uid, gracePeriodSeconds, propagationPolicy } = {}) {
      const request: DeleteRequest = {
        ...(uid !== undefined && { preconditions: { uid } }),
        ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
        ...(propagationPolicy !== undefined && { propagationPolicy }),
      }
      await registry.delete(kindOf(type), namespace, name, request)
    },
    createSubresource: (type, name, subresource, body, namespace) =>
      createSubresource(registry, services, { kind: kindOf(type), namespace, name, subresource }, body as KubernetesObject),
    watch(type, options = {}) {
      const informer = createInformer(localSource(registry, kindOf(type), type, options), options, deps)
      informers.add(informer)
      return informer
    },
    request: () =>
      Promise.reject(
        new HeddleError({ code: 'HEDDLE_API_LOCAL', message: 'the in-process client has no raw requests; use the HTTPS client' }),
      ),
    async close() {
      await Promise.all([...informers].map((informer) => informer.close()))
    },
  }
}

/** The same object seen through another served version; nothing is converted (CRD strategy `None`). */
export function inVersion(object: KubernetesObject, kind: ResourceKind, type: { readonly version: string }): KubernetesObject {
  const apiVersion = apiVersionOf(kind, type.version)
  return object.apiVersion === apiVersion && object.kind === kind.kind ? object : { ...object, apiVersion, kind: kind.kind }
}

function localSource(registry: Registry, kind: ResourceKind, type: ResourceType, selectors: object): InformerSource {
  return {
    what: type.plural,
    list: async () => registry.list(kind, selectors),
    async *watch(resourceVersion, signal) {
      const queue: WatchEvent[] = []
      let wake = (): void => {}
      const session = startWatch(
        registry,
        kind,
        { ...selectors, resourceVersion },
        {
          event: (event, object) => {
            queue.push({ type: event, object })
            wake()
          },
          bookmark: () => {},
        },
      )
      const onAbort = (): void => wake()
      signal.addEventListener('abort', onAbort)
      try {
        while (!signal.aborted) {
          const event = queue.shift()
          if (event) yield event
          else await new Promise<void>((resolve) => (wake = resolve))
        }
      } finally {
        signal.removeEventListener('abort', onAbort)
        session.stop()
      }
    },
  }
}
