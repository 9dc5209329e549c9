/** What every controller is given, and how one is made of watches and a work queue. */
import type { Clock, Logger, Random } from '@heddle/base'
import type { Informer, KubernetesObject, ResourceClient, ResourceType } from '@heddle/client'
import type { EventRecorder } from './event-recorder.js'
import { createWorkQueue } from './work-queue.js'

export interface ControllerContext {
  /** Lists read the present state: the client of the same process, without a cache that could lag behind own writes. */
  readonly client: ResourceClient
  readonly events: EventRecorder
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface Controller {
  close(): Promise<void>
}

export interface WatchRule {
  readonly type: ResourceType
  /** Which keys to work on when an object changed or went. */
  readonly keysOf: (object: KubernetesObject, isDeleted: boolean) => readonly string[] | Promise<readonly string[]>
}

export function startController(
  name: string,
  watches: readonly WatchRule[],
  reconcile: (key: string) => Promise<number | void>,
  context: ControllerContext,
): Controller {
  const queue = createWorkQueue({ name, reconcile }, context)
  const informers: readonly Informer[] = watches.map(({ type, keysOf }) =>
    context.client.watch(type, {
      onEvent: (event) => {
        if (event.type === 'synced') return
        void Promise.resolve(keysOf(event.object, event.type === 'deleted')).then(
          (keys) => {
            for (const key of keys) queue.add(key)
          },
          (error: unknown) => context.logger.warn('a change could not be followed', { controller: name, error: String(error) }),
        )
      },
    }),
  )
  return {
    async close() {
      await Promise.all(informers.map((informer) => informer.close()))
      await queue.close()
    },
  }
}

/** `NAMESPACE/NAME`, or the name alone for cluster-wide objects. */
export function keyOf(object: KubernetesObject): string {
  const { namespace, name } = object.metadata
  return namespace === undefined ? name : `${namespace}/${name}`
}

export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** Key of the controller that owns the object, when it is of `kind`. */
export function ownerKey(object: KubernetesObject, kind: string): readonly string[] {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true && reference.kind === kind)
  return owner ? [`${object.metadata.namespace ?? ''}/${owner.name}`] : []
}

export function isOwnedBy(object: KubernetesObject, owner: KubernetesObject): boolean {
  return (object.metadata.ownerReferences ?? []).some((reference) => reference.controller === true && reference.uid === owner.metadata.uid)
}

export function ownerReference(owner: KubernetesObject): NonNullable<KubernetesObject['metadata']['ownerReferences']>[number] {
  const { apiVersion, kind, metadata } = owner
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }
}
