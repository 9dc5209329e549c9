/** How lists of objects merge: what names an entry, for strategic merge patch and for server-side apply. */
import { kindType } from '../kinds/kind-type.js'
import type { FieldType } from '../model/field-type.js'
import type { FieldPath } from '../path.js'

export interface MergeKeys {
  /** Strategic merge patch: the one field that names an entry. Absent: the list is replaced whole. */
  readonly mergeKey?: string
  /** Server-side apply: the fields that together name an entry. Absent: the list is replaced whole. */
  readonly mapKeys?: readonly string[]
}

/** @returns undefined when the path is no list of a known kind. */
export function listMergeKeys(apiVersion: string, kind: string, path: FieldPath): MergeKeys | undefined {
  let type: FieldType | undefined = kindType(apiVersion, kind)
  for (const segment of path) type = type === undefined ? undefined : below(type, segment)
  if (type?.kind !== 'list') return undefined
  const { mergeKey, mapKeys } = type
  return { ...(mergeKey === undefined ? {} : { mergeKey }), ...(mapKeys === undefined ? {} : { mapKeys }) }
}

function below(type: FieldType, segment: string | number): FieldType | undefined {
  if (type.kind === 'object') return type.fields.get(String(segment))?.type
  if (type.kind === 'map') return type.values
  return type.kind === 'list' ? type.items : undefined
}
