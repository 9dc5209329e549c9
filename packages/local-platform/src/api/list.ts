/** Lists of objects, whole or in pages that all show the moment of the first one. */
import type { KubernetesObject } from '@heddle/client'
import type { DurableState } from '../store/durable-state.js'
import { badRequest, failure } from './api-failure.js'
import { collectionPrefix, type ResourceKind } from './resource-kind.js'
import { parseFieldSelector, parseLabelSelector } from './selector.js'

export interface Selectors {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

export interface ListRequest extends Selectors {
  readonly limit?: number | undefined
  readonly continueToken?: string | undefined
}

export interface ListResult {
  /** Of the first page, for all of them: a watch from it misses nothing. */
  readonly resourceVersion: string
  readonly items: readonly KubernetesObject[]
  readonly continueToken?: string
  readonly remaining?: number
}

/** Where a list goes on: after a key, in the state of a revision. */
interface Place {
  readonly revision: number
  readonly after: string
}

/** @throws 400 BadRequest for a selector or token that is none, 410 Expired for a token whose moment is too long ago. */
export function listObjects(state: DurableState, kind: ResourceKind, request: ListRequest): ListResult {
  const byLabel = parseLabelSelector(request.labelSelector)
  const byField = parseFieldSelector(request.fieldSelector, kind)
  const place = request.continueToken === undefined ? undefined : placeOf(request.continueToken)
  const revision = place?.revision ?? state.revision
  const listed = state.list(collectionPrefix(kind, request.namespace), revision)
  if (!listed) throw tokenExpired()
  const all = listed.filter(([, object]) => byLabel(object) && byField(object))
  const left = place ? all.filter(([key]) => key > place.after) : all
  const page = left.slice(0, request.limit ?? left.length)
  const items = page.map(([, object]) => object)
  const resourceVersion = String(revision)
  const last = page.at(-1)
  if (page.length === left.length || !last) return { resourceVersion, items }
  return { resourceVersion, items, continueToken: tokenOf({ revision, after: last[0] }), remaining: left.length - page.length }
}

function tokenOf(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

function placeOf(token: string): Place {
  try {
    const { revision, after } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as Partial<Place>
    if (typeof revision === 'number' && typeof after === 'string') return { revision, after }
  } catch {
    // As wrong as one with other content.
  }
  throw badRequest('the continue token is not one of this server')
}

function tokenExpired(): Error {
  return failure(410, 'Expired', 'the moment that the continue token stands for is too long ago: list again without it')
}
