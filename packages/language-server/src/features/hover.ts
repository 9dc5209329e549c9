/** What a field is for, what it takes and what holds without it; behind a reference, what it refers to. */
import { fieldAt, kindMarkdown, type ObjectType, titledMarkdown } from '@heddle/config-schema/fields'
import { type FieldPath, formatPath } from '@heddle/config-schema'
import type { Hover, Position } from 'vscode-languageserver-types'
import type { Cursor } from '../cursor/cursor.js'
import { type Identity, locate } from '../cursor/identity.js'
import { referenceAt } from '../references/reference-at.js'
import type { Workspace } from '../workspace/workspace.js'
import { splitLines } from './positions.js'

export function hoverAt(workspace: Workspace, uri: string, { line, character }: Position): Hover | undefined {
  const text = workspace.textOf(uri)
  const lines = text === undefined ? [] : splitLines(text)
  const { cursor, identity } = locate(lines, { line, column: character }) ?? {}
  if (cursor === undefined || identity === undefined || cursor.text === '') return undefined
  const value = contentsOf(cursor, identity, workspace)
  if (value === undefined) return undefined
  const range = { start: { line, character: cursor.start }, end: { line, character: cursor.end } }
  return { contents: { kind: 'markdown', value }, range }
}

function contentsOf(cursor: Cursor, identity: Identity, workspace: Workspace): string | undefined {
  const { type, kind = '' } = identity
  if (type === undefined) return undefined
  const isName = cursor.part === 'key' || (cursor.part === 'entry' && cursor.hasColon)
  const path = isName ? [...cursor.path, cursor.text] : cursor.path
  if (!isName && formatPath(path) === 'kind') return kindMarkdown(type)
  const parts = [isName ? undefined : referenceText(cursor, identity, workspace), fieldText(type, path)].filter(
    (part) => part !== undefined,
  )
  return parts.length === 0 ? undefined : [...parts, `\`${kind}.${formatPath(path)}\``].join('\n\n---\n\n')
}

/** An entry of a list or map is explained by the field that holds it. */
function fieldText(type: ObjectType, path: FieldPath): string | undefined {
  const place = fieldAt(type, path)
  const { name, field } = place?.field === undefined && place !== undefined ? (fieldAt(type, path.slice(0, -1)) ?? place) : (place ?? {})
  return field === undefined || name === undefined ? undefined : titledMarkdown(name, field)
}

/** `Service default/reviews, port 9080 (HTTP)` */
function referenceText(cursor: Cursor, identity: Identity, workspace: Workspace): string | undefined {
  const reference = referenceAt(cursor, identity, workspace.defaultNamespace)
  const [first, ...more] = reference === undefined ? [] : workspace.directory().definitions(reference)
  if (first === undefined || reference === undefined) return undefined
  const { kind, namespace, name } = first.resource
  const subject = `${reference.kind === 'subset' ? `Subset \`${cursor.text}\` of ` : ''}${kind} \`${namespace === undefined ? '' : `${namespace}/`}${name}\``
  const ports = (first.ports ?? []).map(({ number, protocol }) => (protocol === '' ? String(number) : `${number} (${protocol})`))
  const noun = ports.length === 1 ? 'port' : 'ports'
  return `${subject}${ports.length === 0 ? '' : `, ${noun} ${ports.join(', ')}`}${more.length === 0 ? '' : `, and ${more.length} more`}`
}
