/** The resource client over HTTPS: each method is one request of the Kubernetes API, `watch` is an informer. */
import { type Clock, type Logger, type Random, silentLogger } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import { type ApiConnection, createApiConnection } from './api-connection.js'
import { statusOf } from './api-error.js'
import { createInformer } from './informer.js'
import { listAll } from './list-pages.js'
import type { DeleteOptions, Informer, KubernetesObject, ResourceClient, ResourceClientOptions, ResourceType } from './resource-client.js'
import { resourcePath } from './resource-path.js'
import { openWatch } from './watch-stream.js'

export interface ResourceClientDeps {
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
}

/** A client of one API server. It owns its connections and informers; `close` ends them all. */
export function createResourceClient(options: ResourceClientOptions, deps: ResourceClientDeps = {}): ResourceClient {
  const connection = createApiConnection(options)
  const informers = new Set<Informer>()
  const clock = deps.clock ?? systemClock
  return {
    ...objectCalls(connection),
    watch(type, watchOptions = {}) {
      const informer = createInformer(
        {
          list: (signal) => listAll(connection, type, { ...watchOptions, signal }),
          watch: (resourceVersion, signal) => openWatch(connection, type, { ...watchOptions, signal }, resourceVersion, clock),
          what: `${type.plural}${type.group === '' ? '' : `.${type.group}`}`,
        },
        watchOptions,
        { clock, random: deps.random ?? systemRandom, logger: deps.logger ?? silentLogger },
      )
      informers.add(informer)
      return informer
    },
    request: (request) => connection.send(request),
    async close() {
      await Promise.all([...informers].map((informer) => informer.close()))
      connection.close()
    },
  }
}

function objectCalls(connection: ApiConnection): Omit<ResourceClient, 'watch' | 'request' | 'close'> {
  const put = (type: ResourceType, object: KubernetesObject, subresource?: string): Promise<KubernetesObject> => {
    const { name, namespace } = object.metadata
    return connection.call({ method: 'PUT', path: resourcePath(type, { namespace, name, subresource }), body: JSON.stringify(object) })
  }
  const post = (path: string, body: object, signal?: AbortSignal): Promise<KubernetesObject> =>
    connection.call({ method: 'POST', path, body: JSON.stringify(body), ...(signal && { signal }) })
  return {
    async get(type, name, namespace) {
      try {
        return await connection.call({ path: resourcePath(type, { namespace, name }) })
      } catch (error) {
        if (statusOf(error)?.code === 404) return undefined
        throw error
      }
    },
    list: (type, listOptions = {}) => listAll(connection, type, listOptions),
    create: (type, object, signal) => post(resourcePath(type, { namespace: object.metadata.namespace }), object, signal),
    update: (type, object) => put(type, object),
    updateStatus: (type, object) => put(type, object, 'status'),
    patch: (type, name, patch, namespace, subresource) =>
      connection.call({
        method: 'PATCH',
        path: resourcePath(type, { namespace, name, subresource }),
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify(patch),
      }),
    async delete(type, name, namespace, deleteOptions = {}) {
      await connection.call({
        method: 'DELETE',
        path: resourcePath(type, { namespace, name }),
        body: JSON.stringify(deleteBody(deleteOptions)),
      })
    },
    createSubresource: (type, name, subresource, body, namespace) => post(resourcePath(type, { namespace, name, subresource }), body),
  }
}

function deleteBody({ gracePeriodSeconds, propagationPolicy, uid }: DeleteOptions): object {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(propagationPolicy !== undefined && { propagationPolicy }),
    ...(uid !== undefined && { preconditions: { uid } }),
  }
}
