/** What can be typed at a cursor: names of fields, words, kinds and versions, and names of other resources of the workspace. */
import { kindTable, preferredApiVersion } from '@heddle/config-schema'
import { referenceKindAt } from '@heddle/config-schema/analysis'
import { fieldAt, type FieldType } from '@heddle/config-schema/fields'
import type { CompletionItem, Position } from 'vscode-languageserver-types'
import { type Identity, locate } from '../cursor/identity.js'
import { completionKind } from '../protocol-numbers.js'
import { referenceAt } from '../references/reference-at.js'
import type { Workspace } from '../workspace/workspace.js'
import { type CompletionAbilities, type CompletionRequest, replacing } from './completion-request.js'
import { fieldItems, headItems } from './field-items.js'
import { portItems } from './port-items.js'
import { splitLines } from './positions.js'

export function completionsAt(
  workspace: Workspace,
  uri: string,
  { line, character }: Position,
  abilities: CompletionAbilities,
): readonly CompletionItem[] {
  const lines = splitLines(workspace.textOf(uri) ?? '')
  const located = locate(lines, { line, column: character })
  if (located === undefined) return []
  const { cursor } = located
  // Behind a word nothing follows in its line.
  if (cursor.text !== '' && character > cursor.end) return []
  const request = { ...abilities, ...located, line, column: character, lines }
  if (cursor.part === 'value') return valuesAt(request, workspace)
  return cursor.path.length === 0 ? headItems(request) : namesAt(request, workspace)
}

/** A name of a mapping; or, where a list or a scalar stands, what begins there. */
function namesAt(request: CompletionRequest, workspace: Workspace): readonly CompletionItem[] {
  const { cursor, identity } = request
  const type = identity.type && fieldAt(identity.type, cursor.path)?.type
  if (type?.kind === 'object') return fieldItems(type, request)
  if (cursor.part === 'key' || type === undefined) return []
  if (type.kind !== 'list') return valuesAt(request, workspace)
  if (type.items.kind === 'object') return fieldItems(type.items, request, '- ')
  return valuesAt({ ...request, cursor: { ...cursor, path: [...cursor.path, 0] } }, workspace, '- ')
}

function valuesAt(request: CompletionRequest, workspace: Workspace, before = ''): readonly CompletionItem[] {
  const { cursor, identity } = request
  const item = (label: string, more: Omit<CompletionItem, 'label'>): CompletionItem => ({
    label,
    ...more,
    ...replacing(request, before + label),
  })
  const [first, ...rest] = cursor.path
  if (rest.length === 0 && first === 'apiVersion')
    return apiVersionsOf(identity).map((label) => item(label, { kind: completionKind.value }))
  if (rest.length === 0 && first === 'kind') return kindItems(request)
  if (referenceKindAt(identity.kind ?? '', cursor.path) !== undefined) {
    const reference = referenceAt(cursor, identity, workspace.defaultNamespace)
    const names = reference === undefined ? [] : workspace.directory().names(reference)
    return names.map((label) => item(label, { kind: completionKind.reference }))
  }
  const ports = portItems(request, workspace)
  if (ports !== undefined) return ports
  const { type, field } = (identity.type && fieldAt(identity.type, cursor.path)) ?? {}
  return wordsOf(type).map(({ word, doc }) =>
    item(word, {
      kind: completionKind.enumMember,
      ...(String(field?.default ?? '') === word ? { detail: 'default' } : {}),
      ...(doc === undefined ? {} : { documentation: { kind: 'markdown', value: doc } }),
    }),
  )
}

interface Word {
  readonly word: string
  readonly doc?: string
}

function wordsOf(type: FieldType | undefined): readonly Word[] {
  if (type?.kind === 'boolean') return [{ word: 'true' }, { word: 'false' }]
  if (type?.kind !== 'string') return []
  const { values = [], valueDocs = {} } = type
  return values
    .filter((word) => word !== '')
    .map((word) => {
      const doc = valueDocs[word]
      return doc === undefined ? { word } : { word, doc }
    })
}

function apiVersionsOf({ kind }: Identity): readonly string[] {
  const named = kindTable.filter((info) => info.kind === kind)
  const versions = (named.length > 0 ? named : kindTable).flatMap((info) =>
    info.versions.map((version) => preferredApiVersion({ ...info, versions: [version] })),
  )
  return [...new Set(versions)]
}

/** With the apiVersion that belongs to it, when the document has none. */
function kindItems(request: CompletionRequest): readonly CompletionItem[] {
  const { identity, cursor } = request
  const { apiVersion } = identity
  const all = kindTable.map((info) => ({ label: info.kind, detail: preferredApiVersion(info), versions: info.versions, group: info.group }))
  const fitting = all.filter(({ versions, group }) =>
    versions.some((version) => (group === '' ? version : `${group}/${version}`) === apiVersion),
  )
  const top = { line: cursor.firstLine, character: 0 }
  return (fitting.length > 0 ? fitting : all).map(({ label, detail }) => ({
    label,
    detail,
    kind: completionKind.struct,
    ...replacing(request, label),
    ...(apiVersion === undefined && identity.isEntry !== true
      ? { additionalTextEdits: [{ range: { start: top, end: top }, newText: `apiVersion: ${detail}\n` }] }
      : {}),
  }))
}
