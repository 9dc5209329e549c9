/** `kind: List` (and `PodList` and the like) holds resources in `items`: each becomes a document that still knows its place. */
import { kindTable } from '../kinds/kind-table.js'
import type { ParsedDocument } from './parse-documents.js'

const listedKinds = new Map(kindTable.map((info) => [`${info.kind}List`, info.kind]))

export function expandList(document: ParsedDocument): readonly ParsedDocument[] {
  const list = document.value as { readonly apiVersion?: unknown; readonly kind?: unknown; readonly items?: unknown }
  if (typeof list !== 'object' || Array.isArray(list) || typeof list.kind !== 'string' || !Array.isArray(list.items)) return [document]
  const itemKind = listedKinds.get(list.kind)
  if (list.kind !== 'List' && itemKind === undefined) return [document]
  return list.items.flatMap((item: unknown, position) => expandList(entry(document, withKind(item, list.apiVersion, itemKind), position)))
}

function entry(list: ParsedDocument, value: unknown, position: number): ParsedDocument {
  return {
    ...list,
    value,
    within: [...(list.within ?? []), 'items', position],
    rangeOf: (path, part) => list.rangeOf(['items', position, ...path], part),
    textOf: (path) => list.textOf(['items', position, ...path]),
  }
}

/** In a typed list the entries may leave out what the list's own kind says. */
function withKind(item: unknown, apiVersion: unknown, kind: string | undefined): unknown {
  if (kind === undefined || typeof item !== 'object' || item === null || Array.isArray(item)) return item
  return { apiVersion, kind, ...item }
}
