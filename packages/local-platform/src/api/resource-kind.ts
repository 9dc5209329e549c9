/** What the API knows about a kind: where it lives, how it is named, and which columns a Table shows. */
import type { KubernetesObject } from '@heddle/client'
import type { Fields } from '../json-fields.js'

export interface ResourceKind {
  /** Empty for the core group. */
  readonly group: string
  /** Served versions, preferred first. */
  readonly versions: readonly string[]
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly isNamespaced: boolean
  readonly hasStatus: boolean
  /** Whether `metadata.generation` counts changes of everything but metadata and status. */
  readonly hasGeneration: boolean
  readonly subresources: readonly Subresource[]
  /** Kinds that only answer a POST, such as TokenReview. */
  readonly isReview: boolean
  readonly columns: readonly TableColumn[]
  /** Paths that a CustomResourceDefinition allows in field selectors, beside those of every kind. */
  readonly selectableFields: readonly string[]
  /** What a CustomResourceDefinition says of the fields, by version. */
  readonly schemas: Readonly<Record<string, Fields>>
  /** Named by a CustomResourceDefinition rather than built in. */
  readonly isCustom: boolean
}

export interface Subresource {
  readonly name: string
  readonly kind: string
  readonly verbs: readonly string[]
  /** When it differs from the resource's own. */
  readonly group?: string
  readonly version?: string
}

export interface TableColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date'
  readonly format?: string
  readonly description?: string
  /** 0 is always shown, 1 and above with `-o wide`. */
  readonly priority?: number
  readonly cell: (object: KubernetesObject, nowMs: number) => string | number | null
}

export function apiVersionOf(kind: ResourceKind, version: string = kind.versions[0] ?? 'v1'): string {
  return kind.group === '' ? version : `${kind.group}/${version}`
}

/** `deployments.apps`, as Status messages name it; the core group stands alone. */
export function qualifiedName(kind: ResourceKind): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
}

/** Key of the store: one object has one key, whichever version it is asked for in. */
export function storageKey(kind: ResourceKind, namespace: string | undefined, name: string): string {
  return `${collectionPrefix(kind, namespace)}${name}`
}

/** Every object of the kind, or of the kind in one namespace. */
export function collectionPrefix(kind: ResourceKind, namespace: string | undefined): string {
  const root = `${kind.group || 'core'}/${kind.plural}/`
  if (!kind.isNamespaced) return root
  return namespace === undefined ? root : `${root}${namespace}/`
}
