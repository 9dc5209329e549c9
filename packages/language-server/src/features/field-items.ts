/** Names of fields as completions, with what follows them: a space, or the indentation of what goes below. */
import { type Field, fieldMarkdown, type ObjectType, typeWords } from '@heddle/config-schema/fields'
import type { CompletionItem } from 'vscode-languageserver-types'
import { completionKind, completionTag, insertTextMode } from '../protocol-numbers.js'
import { type CompletionRequest, replacing } from './completion-request.js'
import { skeletonItems } from './skeletons.js'

/** @param before put in front of the name: the dash of an entry. */
export function fieldItems(type: ObjectType, request: CompletionRequest, before = ''): readonly CompletionItem[] {
  const { cursor } = request
  const isTaken = (name: string): boolean => name !== cursor.text && cursor.siblings.has(name)
  const excluded = new Set(type.oneOf.flatMap(({ fields }) => (fields.some(isTaken) ? fields : [])))
  return [...type.fields]
    .filter(([name]) => !isTaken(name) && !excluded.has(name))
    .map(([name, field]) => fieldItem(name, field, request, before))
}

/** The top of a document, which has a shape before it has a kind. Nobody types a status. */
export function headItems(request: CompletionRequest): readonly CompletionItem[] {
  const { type } = request.identity
  if (type !== undefined) return fieldItems(type, request).filter(({ label }) => label !== 'status')
  const names = ['apiVersion', 'kind', 'metadata', 'spec']
    .filter((name) => name === request.cursor.text || !request.cursor.siblings.has(name))
    .map((label, index) => ({
      label,
      kind: completionKind.field,
      sortText: `${index}`,
      ...replacing(request, request.cursor.hasColon ? label : `${label}: `),
    }))
  return [...names, ...skeletonItems(request)]
}

function fieldItem(name: string, field: Field, request: CompletionRequest, before: string): CompletionItem {
  const markdown = fieldMarkdown(field)
  const text = before + name + (request.cursor.hasColon ? '' : behindName(field, request, before.length))
  return {
    label: name,
    kind: completionKind.field,
    detail: `${typeWords(field.type)}${field.isRequired === true ? ', required' : ''}`,
    sortText: `${rankOf(name, field)}${name}`,
    insertTextMode: insertTextMode.asIs,
    ...(field.deprecated === undefined ? {} : { tags: [completionTag.deprecated] }),
    ...(markdown === undefined ? {} : { documentation: { kind: 'markdown', value: markdown } }),
    ...replacing(request, text),
  }
}

const commonNames = new Set(['name', 'namespace', 'labels', 'annotations'])

/** What must be there first, what is out of use last. */
function rankOf(name: string, { isRequired, deprecated, doc }: Field): number {
  if (deprecated !== undefined) return 9
  if (isRequired === true) return 0
  return doc !== undefined || commonNames.has(name) ? 1 : 2
}

function behindName({ type }: Field, { cursor, insertsLines, lines }: CompletionRequest, shift: number): string {
  const isNested = type.kind === 'object' || type.kind === 'map' || type.kind === 'list'
  if (!isNested || cursor.isFlow) return ': '
  if (insertsLines !== true) return ':'
  const column = cursor.start + shift
  if (type.kind !== 'list') return `:\n${' '.repeat(column + 2)}`
  return `:\n${' '.repeat(hasFlushLists(lines, cursor) ? column : column + 2)}- `
}

/** Some write the dashes of a list right below its name, some further in; each document keeps to its own way. */
function hasFlushLists(lines: readonly string[], { firstLine, endLine }: CompletionRequest['cursor']): boolean {
  for (let row = firstLine; row + 1 < endLine; row++) {
    const [, indentation, dashes = ''] = /^( *)((?:- )*)[^\s#-].*:\s*(?:#.*)?$/.exec(lines[row] ?? '') ?? []
    const below = /^( *)- /.exec(lines[row + 1] ?? '')?.[1]
    if (indentation !== undefined && below !== undefined) return below.length <= indentation.length + dashes.length
  }
  return false
}
