/** Requests for resources: which verb a method and path mean, and how its result is shown (object, list, Table, watch). */
import type { Clock } from '@heddle/base'
import type { KubernetesObject, Status } from '@heddle/client'
import { fieldsOf } from '../json-fields.js'
import { badRequest, methodNotAllowed } from './api-failure.js'
import type { DeleteRequest } from './deletion.js'
import { type Exchange, parseObject, readBody, readObject, sendJson, wholeNumber } from './http-exchange.js'
import { inVersion } from './local-client.js'
import { answerReview, createSubresource, type SubresourceServices } from './object-subresources.js'
import { servePodOutput } from './pod-output.js'
import { patchObject, readPatch } from './object-patch.js'
import type { PodRuntime } from './pod-runtime.js'
import type { ListMetadata } from './table.js'
import { renderTable, tableRequest } from './table.js'
import type { Selectors } from './list.js'
import type { Registry, WriteOptions } from './registry.js'
import type { RequestTarget } from './request-target.js'
import { apiVersionOf, qualifiedName, type ResourceKind } from './resource-kind.js'
import { rulesFor } from './rules/rule-table.js'
import { scaleOf } from './scale.js'
import { fieldFaults } from './field-validation.js'
import { setWarnings } from './warning-header.js'
import { serveWatch } from './watch-response.js'

export interface ResourceServices extends SubresourceServices {
  readonly registry: Registry
  readonly clock: Clock
  /** Absent until a runtime is attached. */
  readonly podRuntime: () => PodRuntime | undefined
}

export async function handleResource(exchange: Exchange, target: RequestTarget, services: ResourceServices): Promise<void> {
  const { kind, subresource } = target
  if (kind.group === '' && kind.plural === 'pods' && (subresource === 'log' || subresource === 'exec'))
    return servePodOutput(exchange, target, services)
  if (subresource !== undefined && !kind.subresources.some((known) => known.name === subresource))
    throw methodNotAllowed(`${qualifiedName(kind)}/${subresource}`)
  switch (exchange.method) {
    case 'GET':
      return read(exchange, target, services)
    case 'POST':
      return create(exchange, target, services)
    case 'PUT':
    case 'PATCH':
      return change(exchange, target, services)
    case 'DELETE':
      return remove(exchange, target, services)
    default:
      throw methodNotAllowed(`${exchange.method} on ${qualifiedName(kind)}`)
  }
}

function read(exchange: Exchange, target: RequestTarget, services: ResourceServices): void {
  const { query } = exchange
  const { kind, name, subresource, namespace } = target
  if (kind.isReview) throw methodNotAllowed(`${qualifiedName(kind)} are only created`)
  const isWatch = query.get('watch') === 'true' || query.get('watch') === '1'
  if (name === undefined)
    return isWatch ? serveWatch(exchange, target, selectorsOf(exchange, target), services) : list(exchange, target, services)
  const object = services.registry.get(kind, namespace, name)
  if (isWatch) return serveWatch(exchange, target, { namespace, fieldSelector: `metadata.name=${name}` }, services)
  if (subresource === 'scale') return sendJson(exchange.response, 200, scaleOf(object))
  sendObject(exchange, target, services, object)
}

function selectorsOf({ query }: Exchange, { namespace }: RequestTarget): Selectors {
  return { namespace, labelSelector: query.get('labelSelector') ?? undefined, fieldSelector: query.get('fieldSelector') ?? undefined }
}

function list(exchange: Exchange, target: RequestTarget, { registry, clock }: ResourceServices): void {
  const { kind, version } = target
  const { query } = exchange
  const { items, resourceVersion, continueToken, remaining } = registry.list(kind, {
    ...selectorsOf(exchange, target),
    limit: wholeNumber(query, 'limit') || undefined,
    continueToken: query.get('continue') || undefined,
  })
  const objects = items.map((item) => inVersion(item, kind, target))
  const metadata: ListMetadata = { resourceVersion, continue: continueToken, remainingItemCount: remaining }
  const asTable = tableRequest(exchange.accept, query.get('includeObject'))
  if (asTable) return sendJson(exchange.response, 200, renderTable(kind, objects, metadata, asTable, clock.now()))
  sendJson(exchange.response, 200, { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind, version), metadata, items: objects })
}

function sendObject(
  exchange: Exchange,
  target: RequestTarget,
  { clock }: ResourceServices,
  object: KubernetesObject,
  code: number = 200,
): void {
  const shown = inVersion(object, target.kind, target)
  const asTable = tableRequest(exchange.accept, exchange.query.get('includeObject'))
  if (!asTable) return sendJson(exchange.response, code, shown)
  const metadata = { resourceVersion: object.metadata.resourceVersion }
  sendJson(exchange.response, code, renderTable(target.kind, [shown], metadata, asTable, clock.now()))
}

function writeOptions({ query }: Exchange, subresource?: string): WriteOptions {
  const dryRun = query.getAll('dryRun').filter((value) => value !== '')
  if (dryRun.some((value) => value !== 'All')) throw badRequest(`Invalid value for dryRun: ${dryRun.join(',')}; supported: All`)
  return { isDryRun: dryRun.length > 0, subresource }
}

async function create(exchange: Exchange, target: RequestTarget, services: ResourceServices): Promise<void> {
  const { kind, version, namespace, name, subresource } = target
  const body = await readObject(exchange.request)
  if (kind.isReview) return sendJson(exchange.response, 201, await answerReview(kind, services, body))
  if (name !== undefined && subresource !== undefined) {
    const answer = await createSubresource(services.registry, services, { kind, namespace, name, subresource }, body)
    return sendJson(exchange.response, 201, answer)
  }
  if (name !== undefined) throw methodNotAllowed('POST on an object')
  if (kind.isNamespaced && namespace === undefined) throw badRequest(`${qualifiedName(kind)} are created in a namespace`)
  checkType(body, target)
  const object = { ...body, apiVersion: apiVersionOf(kind, version), kind: kind.kind }
  warnOrRefuse(exchange, kind, object, undefined)
  sendObject(exchange, target, services, await services.registry.create(kind, namespace, object, writeOptions(exchange)), 201)
}

async function change(exchange: Exchange, target: RequestTarget, services: ResourceServices): Promise<void> {
  const { kind, namespace, name, subresource } = target
  if (name === undefined) throw methodNotAllowed(`${exchange.method} on a collection`)
  const options = writeOptions(exchange, subresource)
  const { registry } = services
  if (exchange.method === 'PATCH') {
    const mediaType = (exchange.request.headers['content-type'] ?? '').split(';')[0]?.trim()
    const patch = readPatch(mediaType, await readBody(exchange.request), kind)
    if (subresource === undefined) {
      const old = registry.get(kind, namespace, name)
      warnOrRefuse(exchange, kind, patchObject(old, patch), old)
    }
    const patched = await registry.patch(kind, namespace, name, patch, options)
    return subresource === 'scale' ? sendJson(exchange.response, 200, scaleOf(patched)) : sendObject(exchange, target, services, patched)
  }
  const body = await readObject(exchange.request)
  if (subresource === 'scale')
    return sendJson(exchange.response, 200, scaleOf(await registry.patch(kind, namespace, name, { type: 'merge', body }, options)))
  checkType(body, target)
  if (subresource === undefined) warnOrRefuse(exchange, kind, body, registry.find(kind, namespace, name))
  sendObject(exchange, target, services, await registry.update(kind, namespace, name, body, options))
}

function checkType(body: KubernetesObject, { kind, version }: RequestTarget): void {
  const expected = apiVersionOf(kind, version)
  if ((body.apiVersion && body.apiVersion !== expected) || (body.kind && body.kind !== kind.kind))
    throw badRequest(`the object provided is ${body.apiVersion}, Kind=${body.kind}, but the URL is for ${expected}, Kind=${kind.kind}`)
}

/** @param old the object before an update, undefined for a create. */
function warnOrRefuse(
  { query, response }: Exchange,
  kind: ResourceKind,
  object: KubernetesObject,
  old: KubernetesObject | undefined,
): void {
  const faults = fieldFaults(object, query.get('fieldValidation'))
  if (faults.refusal) throw badRequest(faults.refusal)
  setWarnings(response, [...faults.warnings, ...(rulesFor(kind).warnings?.(object, old) ?? [])])
}

async function remove(exchange: Exchange, target: RequestTarget, services: ResourceServices): Promise<void> {
  const { kind, namespace, name } = target
  const request = await deleteRequest(exchange)
  if (name === undefined) return removeCollection(exchange, target, services, request)
  const { object, isGone } = await services.registry.delete(kind, namespace, name, request)
  if (!isGone) return sendObject(exchange, target, services, object)
  const status: Omit<Status, 'code'> & { metadata: object } = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(kind.group !== '' && { group: kind.group }),
      kind: kind.plural,
      ...(object.metadata.uid !== undefined && { uid: object.metadata.uid }),
    },
  }
  sendJson(exchange.response, 200, status)
}

async function removeCollection(
  exchange: Exchange,
  target: RequestTarget,
  { registry }: ResourceServices,
  request: DeleteRequest,
): Promise<void> {
  const { kind } = target
  const { items } = registry.list(kind, selectorsOf(exchange, target))
  const removed: KubernetesObject[] = []
  for (const item of items) removed.push((await registry.delete(kind, item.metadata.namespace, item.metadata.name, request)).object)
  const metadata = { resourceVersion: String(registry.store.durable.revision) }
  sendJson(exchange.response, 200, { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind, target.version), metadata, items: removed })
}

/** DeleteOptions come in the body, some also in the query. */
async function deleteRequest(exchange: Exchange): Promise<DeleteRequest> {
  const text = await readBody(exchange.request)
  const body = fieldsOf(text.trim() === '' ? {} : parseObject(text)) as Partial<DeleteRequest> & {
    dryRun?: readonly string[]
    orphanDependents?: boolean
  }
  const grace = wholeNumber(exchange.query, 'gracePeriodSeconds')
  const policy =
    body.propagationPolicy ?? exchange.query.get('propagationPolicy') ?? (body.orphanDependents === true ? 'Orphan' : undefined)
  const gracePeriodSeconds = body.gracePeriodSeconds ?? grace
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(policy && { propagationPolicy: policy as NonNullable<DeleteRequest['propagationPolicy']> }),
    ...(body.preconditions && { preconditions: body.preconditions }),
    isDryRun: writeOptions(exchange).isDryRun === true || (body.dryRun ?? []).length > 0,
  }
}
