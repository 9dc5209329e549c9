/**
 * Removes what lost its owner (Kubernetes' garbage collector): dependents of a deleted object, at once or before it
 * (foreground), or sets them free (orphan). Works on the store's events, since owners can be of any kind.
 */
import type { KubernetesObject } from '@heddle/client'
import { statusOf } from '@heddle/client'
import { foregroundFinalizer, orphanFinalizer } from '../api/deletion.js'
import type { Registry } from '../api/registry.js'
import type { Controller, ControllerContext } from './controller.js'
import { createWorkQueue } from './work-queue.js'

export function startGarbageCollector(registry: Registry, context: ControllerContext): Controller {
  const { store } = registry
  /** Owner uid -> keys of the objects that name it. */
  const dependents = new Map<string, Set<string>>()
  const live = new Set<string>()
  const queue = createWorkQueue({ name: 'garbage-collector', reconcile: (key) => visit(key) }, context)

  const note = (key: string, object: KubernetesObject): void => {
    live.add(object.metadata.uid ?? '')
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const keys = dependents.get(uid) ?? new Set()
      dependents.set(uid, keys.add(key))
    }
    if (object.metadata.ownerReferences || object.metadata.deletionTimestamp !== undefined) queue.add(key)
  }
  const forget = (key: string, object: KubernetesObject): void => {
    live.delete(object.metadata.uid ?? '')
    for (const dependent of dependents.get(object.metadata.uid ?? '') ?? []) queue.add(dependent)
    dependents.delete(object.metadata.uid ?? '')
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      dependents.get(uid)?.delete(key)
      const owner = keyOfOwner(registry, object, uid)
      if (owner !== undefined) queue.add(owner)
    }
  }
  const visit = async (key: string): Promise<void> => {
    const object = store.get(key)
    if (!object) return
    await collectOrphan(object)
    const finalizers = object.metadata.finalizers ?? []
    if (object.metadata.deletionTimestamp === undefined) return
    if (finalizers.includes(orphanFinalizer)) await setFree(object)
    if (finalizers.includes(foregroundFinalizer)) await removeDependents(object)
  }
  const collectOrphan = async (object: KubernetesObject): Promise<void> => {
    const owners = object.metadata.ownerReferences ?? []
    if (owners.length === 0 || owners.some(({ uid }) => live.has(uid)) || object.metadata.deletionTimestamp !== undefined) return
    await remove(registry, object, 'Background')
  }
  const dependentsOf = (object: KubernetesObject): readonly KubernetesObject[] =>
    [...(dependents.get(object.metadata.uid ?? '') ?? [])].map((key) => store.get(key)).filter((found) => found !== undefined)
  const setFree = async (object: KubernetesObject): Promise<void> => {
    for (const dependent of dependentsOf(object)) {
      const left = (dependent.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== object.metadata.uid)
      await update(registry, { ...dependent, metadata: { ...dependent.metadata, ownerReferences: left } })
    }
    dependents.delete(object.metadata.uid ?? '')
    await dropFinalizer(registry, object, orphanFinalizer)
  }
  const removeDependents = async (object: KubernetesObject): Promise<void> => {
    const left = dependentsOf(object)
    for (const dependent of left) if (dependent.metadata.deletionTimestamp === undefined) await remove(registry, dependent, 'Foreground')
    if (dependentsOf(object).length === 0) await dropFinalizer(registry, object, foregroundFinalizer)
  }

  const unsubscribe = store.events.subscribe(({ key, object, previous }) => {
    if (object) note(key, object)
    else if (previous) forget(key, previous)
  })
  for (const kind of registry.catalog.all()) for (const object of registry.list(kind, {}).items) note(keyIn(registry, object) ?? '', object)
  return {
    async close() {
      unsubscribe()
      await queue.close()
    },
  }
}

/** The present key of an owner whose dependent went: its foreground deletion may be done. */
function keyOfOwner(registry: Registry, dependent: KubernetesObject, uid: string): string | undefined {
  const reference = dependent.metadata.ownerReferences?.find((owner) => owner.uid === uid)
  if (!reference) return undefined
  const { namespace } = dependent.metadata
  return keyIn(registry, {
    apiVersion: reference.apiVersion,
    kind: reference.kind,
    metadata: { name: reference.name, ...(namespace !== undefined && { namespace }) },
  })
}

function keyIn(registry: Registry, { apiVersion, kind, metadata }: KubernetesObject): string | undefined {
  const found = registry.catalog.byKind(apiVersion, kind)
  if (!found) return undefined
  const scope = found.isNamespaced ? `${metadata.namespace ?? ''}/` : ''
  return `${found.group || 'core'}/${found.plural}/${scope}${metadata.name}`
}

async function remove(registry: Registry, object: KubernetesObject, propagationPolicy: 'Background' | 'Foreground'): Promise<void> {
  const kind = registry.catalog.byKind(object.apiVersion, object.kind)
  if (!kind) return
  const { namespace, name, uid } = object.metadata
  const preconditions = uid === undefined ? {} : { preconditions: { uid } }
  await registry.delete(kind, namespace, name, { propagationPolicy, ...preconditions }).catch(ignoreGone)
}

async function update(registry: Registry, object: KubernetesObject): Promise<void> {
  const kind = registry.catalog.byKind(object.apiVersion, object.kind)
  if (kind) await registry.update(kind, object.metadata.namespace, object.metadata.name, object).catch(ignoreGone)
}

async function dropFinalizer(registry: Registry, object: KubernetesObject, finalizer: string): Promise<void> {
  const kind = registry.catalog.byKind(object.apiVersion, object.kind)
  const current = kind && registry.find(kind, object.metadata.namespace, object.metadata.name)
  if (!current) return
  const finalizers = (current.metadata.finalizers ?? []).filter((name) => name !== finalizer)
  await update(registry, { ...current, metadata: { ...current.metadata, finalizers } })
}

function ignoreGone(error: unknown): void {
  if (statusOf(error)?.code !== 404) throw error
}
