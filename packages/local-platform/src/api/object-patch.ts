/** The kinds of patch by media type, and what each makes of an object. Server-side apply is none of them. */
import type { KubernetesObject } from '@heddle/client'
import { fieldsOf } from '../json-fields.js'
import { badRequest, unsupportedMediaType } from './api-failure.js'
import { applyJsonPatch } from './json-patch.js'
import { applyMergePatch } from './merge-patch.js'
import type { ResourceKind } from './resource-kind.js'
import { applyStrategicMergePatch } from './strategic-merge-patch.js'

export interface ObjectPatch {
  readonly type: 'merge' | 'strategic' | 'json'
  readonly body: unknown
}

const mediaTypes: Readonly<Record<string, ObjectPatch['type']>> = {
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/json-patch+json': 'json',
}

/** Kinds of CustomResourceDefinitions have no merge keys, here as in Kubernetes. */
function patchMediaTypes(kind: ResourceKind): readonly string[] {
  return Object.keys(mediaTypes).filter((mediaType) => !kind.isCustom || mediaTypes[mediaType] !== 'strategic')
}

/** @throws 415 UnsupportedMediaType for a kind of patch that is not taken, 400 BadRequest for a body that is none. */
export function readPatch(mediaType: string | undefined, text: string, kind: ResourceKind): ObjectPatch {
  const accepted = patchMediaTypes(kind)
  const type = mediaType !== undefined && accepted.includes(mediaType) ? mediaTypes[mediaType] : undefined
  if (type === undefined)
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')} (this platform has no ${mediaType === 'application/apply-patch+yaml' ? 'server-side apply; leave out --server-side' : mediaType || 'patch without Content-Type'})`,
    )
  return { type, body: bodyOf(text) }
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badRequest(`the patch is not JSON: ${(error as Error).message}`)
  }
}

/** @throws 400 BadRequest for what is no patch, 422 Invalid for a JSON patch that does not fit. */
export function patchObject(object: KubernetesObject, { type, body }: ObjectPatch): KubernetesObject {
  const patched = patchedValue(object, type, body)
  if (Array.isArray(patched) || typeof patched !== 'object' || patched === null) throw badRequest('the patch does not leave an object')
  const { metadata } = patched as Partial<KubernetesObject>
  // A patch need not name its object, and one that takes all metadata away changes none.
  if (Object.keys(fieldsOf(metadata)).length === 0) return { ...patched, metadata: object.metadata } as KubernetesObject
  return { ...patched, metadata: { name: object.metadata.name, ...metadata } } as KubernetesObject
}

function patchedValue(object: KubernetesObject, type: ObjectPatch['type'], body: unknown): unknown {
  switch (type) {
    case 'merge':
      return applyMergePatch(object, body)
    case 'strategic':
      return applyStrategicMergePatch(object, body, object.apiVersion, object.kind)
    case 'json':
      return applyJsonPatch(object, body)
  }
}
