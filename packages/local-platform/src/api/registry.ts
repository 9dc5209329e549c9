/**
 * The verbs of the embedded API on plain objects: what HTTPS, the in-process client and the controllers all call. Each write
 * checks and applies in one synchronous step (so no two writers interleave) and resolves when the store has it on disk.
 */
import { randomUUID } from 'node:crypto'
import type { Clock, Random } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client'
import { sameJson } from '../json-fields.js'
import type { Store } from '../store/store.js'
import { alreadyExists, badRequest, conflict, failure, forbidden, invalid, notFound, type StatusCause } from './api-failure.js'
import type { ResourceCatalog } from './catalog.js'
import { type DeleteRequest, hasFinalizers, markDeleted } from './deletion.js'
import { listObjects, type ListRequest, type ListResult } from './list.js'
import { type ObjectPatch, patchObject } from './object-patch.js'
import { checkMetadata, nameSuffix, newMetadata, specChanged, updatedMetadata } from './object-metadata.js'
import { apiVersionOf, type ResourceKind, storageKey } from './resource-kind.js'
import type { ClusterIpRange, RuleContext } from './rules/kind-rules.js'
import { rulesFor } from './rules/rule-table.js'
import { applyScale, scaleOf } from './scale.js'
import { fillDefaults, knownPart } from './schema-validation.js'

export interface WriteOptions {
  /** Checks everything and stores nothing. */
  readonly isDryRun?: boolean
  readonly subresource?: string | undefined
}

export interface DeleteResult {
  readonly object: KubernetesObject
  /** False while finalizers or a grace period hold it. */
  readonly isGone: boolean
}

export interface Registry {
  readonly catalog: ResourceCatalog
  readonly store: Store
  /** Reading shows what is durable, and nothing else. */
  get(kind: ResourceKind, namespace: string | undefined, name: string): KubernetesObject
  find(kind: ResourceKind, namespace: string | undefined, name: string): KubernetesObject | undefined
  list(kind: ResourceKind, request: ListRequest): ListResult
  create(kind: ResourceKind, namespace: string | undefined, object: KubernetesObject, options?: WriteOptions): Promise<KubernetesObject>
  update(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    object: KubernetesObject,
    options?: WriteOptions,
  ): Promise<KubernetesObject>
  patch(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    patch: ObjectPatch,
    options?: WriteOptions,
  ): Promise<KubernetesObject>
  delete(kind: ResourceKind, namespace: string | undefined, name: string, request?: DeleteRequest): Promise<DeleteResult>
}

export interface RegistryOptions {
  readonly store: Store
  readonly catalog: ResourceCatalog
  readonly clusterIps: ClusterIpRange
}

export interface RegistryDeps {
  readonly clock: Clock
  readonly random: Random
}

export function createRegistry(options: RegistryOptions, deps: RegistryDeps): Registry {
  const { store, catalog } = options
  const find = (kind: ResourceKind, namespace: string | undefined, name: string): KubernetesObject | undefined =>
    store.durable.get(storageKey(kind, namespace, name))
  /** What the next write changes, which may be newer than what is shown. */
  const newest = (kind: ResourceKind, namespace: string | undefined, name: string): KubernetesObject =>
    existing(kind, name, store.get(storageKey(kind, namespace, name)))
  const write = createWriter(options, deps)

  return {
    catalog,
    store,
    find,
    get: (kind, namespace, name) => existing(kind, name, find(kind, namespace, name)),
    list: (kind, request) => listObjects(store.durable, kind, request),
    async create(kind, namespace, object, writeOptions = {}) {
      return write.create(kind, namespace, object, writeOptions)
    },
    async update(kind, namespace, name, object, writeOptions = {}) {
      return write.replace(kind, newest(kind, namespace, name), object, writeOptions)
    },
    async patch(kind, namespace, name, patch, writeOptions = {}) {
      const old = newest(kind, namespace, name)
      if (writeOptions.subresource === 'scale')
        return write.replace(kind, old, applyScale(old, patchObject(scaleOf(old), patch)), { ...writeOptions, subresource: undefined })
      return write.replace(kind, old, patchObject(old, patch), writeOptions)
    },
    async delete(kind, namespace, name, request = {}) {
      const object = newest(kind, namespace, name)
      const held = rulesFor(kind).holds?.(object)
      if (held !== undefined) throw forbidden(kind, name, held)
      return write.remove(kind, object, request)
    },
  }
}

function existing(kind: ResourceKind, name: string, object: KubernetesObject | undefined): KubernetesObject {
  if (!object) throw notFound(kind, name)
  return object
}

interface Writer {
  create(kind: ResourceKind, namespace: string | undefined, object: KubernetesObject, options: WriteOptions): Promise<KubernetesObject>
  replace(kind: ResourceKind, old: KubernetesObject, next: KubernetesObject, options: WriteOptions): Promise<KubernetesObject>
  remove(kind: ResourceKind, old: KubernetesObject, request: DeleteRequest): Promise<DeleteResult>
}

function createWriter({ store, clusterIps, catalog }: RegistryOptions, { clock, random }: RegistryDeps): Writer {
  const contextOf = (kind: ResourceKind, object: KubernetesObject, old: KubernetesObject | undefined): RuleContext => ({
    old,
    nowMs: clock.now(),
    find: (plural, name, namespace) => {
      const sought = catalog.byPlural('', 'v1', plural)
      return sought && store.get(storageKey(sought, namespace, name))
    },
    services: () => store.list('core/services/'),
    clusterIps,
    forbid: (reason) => forbidden(kind, object.metadata.name, reason),
    suffix: () => nameSuffix(random.bytes(5)),
  })
  /** Checks the shape, fills in, checks the meaning: the order of Kubernetes' decoding, admission and validation. */
  const prepared = (kind: ResourceKind, object: KubernetesObject, old: KubernetesObject | undefined): KubernetesObject => {
    const rules = rulesFor(kind)
    const context = contextOf(kind, object, old)
    const { known, causes: schemaCauses } = knownPart(object)
    refuseFor(kind, object, withoutRepeats(checkMetadata(kind, object.metadata), schemaCauses))
    const filled = fillDefaults(known)
    const complete = rules.prepare?.(filled, context) ?? filled
    refuseFor(kind, object, rules.check?.(complete, context) ?? [])
    return complete
  }
  /** What was asked for is there already; whoever wrote it may still be waiting for the disk. */
  const unchanged = async (object: KubernetesObject): Promise<KubernetesObject> => {
    await store.synced()
    return object
  }
  const finish = async (kind: ResourceKind, old: KubernetesObject): Promise<DeleteResult> => {
    const object = await store.remove(keyOf(kind, old))
    return { object, isGone: true }
  }

  return {
    async create(kind, namespace, object, { isDryRun }) {
      if (kind.isNamespaced) checkNamespace(store, kind, namespace, object)
      const fresh = { uid: randomUUID(), nowMs: clock.now(), suffix: nameSuffix(random.bytes(5)) }
      const metadata = newMetadata(kind, object, namespace, fresh)
      if (store.get(storageKey(kind, namespace, metadata.name))) throw alreadyExists(kind, metadata.name)
      const { status: _status, ...rest } = object
      // Kinds with a status subresource ignore the status of a create.
      const wanted = { ...(kind.hasStatus ? rest : object), apiVersion: apiVersionOf(kind), kind: kind.kind, metadata } as KubernetesObject
      const created = prepared(kind, wanted, undefined)
      return isDryRun ? created : store.put(keyOf(kind, created), created)
    },
    async replace(kind, old, next, { subresource, isDryRun }) {
      checkPreconditions(kind, old, next)
      const merged = mergeUpdate(kind, old, next, subresource)
      const updated = subresource === undefined ? withGeneration(kind, old, prepared(kind, merged, old)) : merged
      if (isDryRun) return updated
      if (updated.metadata.deletionTimestamp !== undefined && !hasFinalizers(updated) && isFree(updated))
        return (await finish(kind, old)).object
      if (sameJson(old, updated)) return unchanged(old)
      return store.put(keyOf(kind, old), updated)
    },
    async remove(kind, old, request) {
      const { uid, resourceVersion } = request.preconditions ?? {}
      const name = old.metadata.name
      if (uid !== undefined && uid !== old.metadata.uid)
        throw conflict(kind, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`)
      if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) throw conflict(kind, name)
      const marked = markDeleted(kind, old, request, clock.now())
      if (request.isDryRun) return { object: marked, isGone: false }
      if (!hasFinalizers(marked) && isFree(marked)) return finish(kind, old)
      return { object: await (sameJson(marked, old) ? unchanged(old) : store.put(keyOf(kind, old), marked)), isGone: false }
    },
  }
}

function refuseFor(kind: ResourceKind, object: KubernetesObject, causes: readonly StatusCause[]): void {
  if (causes.length > 0) throw invalid(kind, object.metadata.name, causes)
}

/** A field that two checks find wrong is named once. */
function withoutRepeats(first: readonly StatusCause[], second: readonly StatusCause[]): readonly StatusCause[] {
  return [...first, ...second.filter((cause) => !first.some(({ field }) => field === cause.field))]
}

/** No grace period is left to wait for. */
function isFree(object: KubernetesObject): boolean {
  return (object.metadata.deletionGracePeriodSeconds ?? 0) === 0
}

function keyOf(kind: ResourceKind, object: KubernetesObject): string {
  return storageKey(kind, object.metadata.namespace, object.metadata.name)
}

function checkNamespace(store: Store, kind: ResourceKind, namespace: string | undefined, object: KubernetesObject): void {
  const stated = object.metadata.namespace
  if (stated !== undefined && stated !== namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  const parent = store.get(`core/namespaces/${namespace ?? ''}`)
  if (!parent) throw failure(404, 'NotFound', `namespaces "${namespace ?? ''}" not found`, { name: namespace ?? '', kind: 'namespaces' })
  if (parent.metadata.deletionTimestamp !== undefined)
    throw forbidden(
      kind,
      object.metadata.name,
      `unable to create new content in namespace ${namespace ?? ''} because it is being terminated`,
    )
}

function checkPreconditions(kind: ResourceKind, old: KubernetesObject, next: KubernetesObject): void {
  const { name, uid, resourceVersion, namespace } = next.metadata
  if (name !== old.metadata.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${old.metadata.name})`)
  if (namespace !== undefined && namespace !== old.metadata.namespace)
    throw badRequest('the namespace of the object does not match the namespace on the URL')
  if (uid && uid !== old.metadata.uid)
    throw conflict(kind, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`)
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw conflict(kind, name)
}

/** What an update of the object, or of one subresource, may change; the rest stays as stored. */
function mergeUpdate(kind: ResourceKind, old: KubernetesObject, next: KubernetesObject, subresource: string | undefined): KubernetesObject {
  if (subresource === 'status') return { ...old, status: next['status'] }
  if (subresource === 'finalize') return { ...old, spec: next['spec'] }
  const { status: _status, ...rest } = next
  const body = kind.hasStatus ? { ...rest, ...(old['status'] !== undefined && { status: old['status'] }) } : next
  return { ...body, apiVersion: old.apiVersion, kind: old.kind, metadata: updatedMetadata(old, next) } as KubernetesObject
}

function withGeneration(kind: ResourceKind, old: KubernetesObject, next: KubernetesObject): KubernetesObject {
  if (!kind.hasGeneration || !specChanged(old, next)) return next
  return { ...next, metadata: { ...next.metadata, generation: (old.metadata.generation ?? 0) + 1 } }
}
