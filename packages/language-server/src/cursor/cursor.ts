/**
 * Where a cursor stands in a manifest: in which resource, at which field. It is read from lines and their indentation, upwards from
 * the cursor, since a document is seldom whole YAML at the moment somebody asks what can be typed next.
 */
import type { FieldPath } from '@heddle/config-schema'
import { bare, scanFlow, type Place } from './flow-scan.js'
import { type LineTokens, lineTokens } from './line-tokens.js'
import { isBlockScalar, siblingsOf, wayTo } from './way.js'

export interface Cursor {
  /** Of a name being written: the mapping it goes into. Of a value: the field, or the entry of a list. */
  readonly path: FieldPath
  /** `entry`: the first word behind a dash or below a field, which may become a name or a value. */
  readonly part: 'key' | 'value' | 'entry'
  /** The whole token at the cursor, without quotes. */
  readonly text: string
  /** Columns of the token in the line of the cursor, quotes included. */
  readonly start: number
  readonly end: number
  /** The name is followed by its colon already. */
  readonly hasColon: boolean
  readonly isFlow: boolean
  /** Names in the same mapping, with their values where they are scalars. */
  readonly siblings: ReadonlyMap<string, string>
  /** Lines of the document: the first one, and the one behind the last. */
  readonly firstLine: number
  readonly endLine: number
}

/** @returns undefined in comments, in texts over several lines and between documents. */
export function cursorAt(lines: readonly string[], { line, column }: Place): Cursor | undefined {
  const text = lines[line] ?? ''
  if (isSeparator(text)) return undefined
  const [firstLine, endLine] = boundsOf(lines, line)
  const bounds = { firstLine, endLine }
  const flow = flowAt(lines, firstLine, { line, column })
  if (flow !== undefined) return { ...flow, ...bounds }
  const tokens = lineTokens(text)
  const { key } = tokens
  if (tokens.contentEnd < column && /^\s*#/.test(text.slice(tokens.contentEnd))) return undefined
  if (key !== undefined && column > key.end) {
    const way = wayTo(lines, { line, column: key.column }, firstLine)
    const start = key.valueEnd === key.valueColumn ? column : key.valueColumn
    if (way === undefined || column < start || isBlockScalar(text.slice(key.valueColumn))) return undefined
    const siblings = siblingsOf(lines, { line, column: key.column }, endLine, way.siblings)
    return {
      ...token(text, start, Math.max(start, key.valueEnd)),
      ...bounds,
      path: [...way.path, key.name],
      part: 'value',
      siblings,
      hasColon: false,
      isFlow: false,
    }
  }
  return nameAt(lines, { line, column }, tokens, bounds)
}

function nameAt(
  lines: readonly string[],
  { line, column }: Place,
  { key, contentColumn, contentEnd, dashes, isBlank }: LineTokens,
  bounds: Pick<Cursor, 'firstLine' | 'endLine'>,
): Cursor | undefined {
  const text = lines[line] ?? ''
  const isEmpty = contentEnd <= contentColumn
  if (!isEmpty && column < contentColumn) return undefined
  const lastDash = dashes.at(-1)
  if (isEmpty && lastDash !== undefined && column <= lastDash) return undefined
  const start = isEmpty ? column : contentColumn
  const way = wayTo(lines, { line, column: start }, bounds.firstLine)
  if (way === undefined) return undefined
  const named = key === undefined ? token(text, start, Math.max(start, contentEnd)) : token(text, key.column, key.end)
  const part = key === undefined && (isEmpty || isBlank || !/\s/.test(named.text)) ? 'entry' : 'key'
  return {
    ...named,
    ...bounds,
    path: way.path,
    part,
    siblings: siblingsOf(lines, { line, column: start }, bounds.endLine, way.siblings),
    hasColon: key !== undefined,
    isFlow: false,
  }
}

function token(line: string, start: number, end: number): Pick<Cursor, 'text' | 'start' | 'end'> {
  return { text: bare(line.slice(start, end)), start, end }
}

/** @returns undefined where no bracket is open. */
function flowAt(lines: readonly string[], firstLine: number, cursor: Place): Omit<Cursor, 'firstLine' | 'endLine'> | undefined {
  const opening = openingAbove(lines, firstLine, cursor)
  if (opening === undefined) return undefined
  const place = scanFlow(lines, opening.bracket, cursor)
  const way = wayTo(lines, { ...opening.bracket, column: opening.column }, firstLine)
  if (place === undefined || way === undefined) return undefined
  const text = lines[cursor.line] ?? ''
  const end = flowTokenEnd(text, cursor.column)
  return {
    ...token(text, place.tokenColumn, end),
    path: [...way.path, ...opening.name, ...place.path],
    part: place.part,
    siblings: place.siblings,
    hasColon: /^\s*:/.test(text.slice(end)),
    isFlow: true,
  }
}

interface Opening {
  readonly bracket: Place
  /** Of the name whose value the bracket begins, or of the bracket itself. */
  readonly column: number
  readonly name: FieldPath
}

/** The bracket that begins the value nearest above the cursor; it may be closed before the cursor. */
function openingAbove(lines: readonly string[], firstLine: number, cursor: Place): Opening | undefined {
  for (let row = cursor.line; row >= firstLine; row--) {
    const line = lines[row] ?? ''
    const { key, contentColumn } = lineTokens(line)
    const column = key?.valueColumn ?? contentColumn
    const isBefore = row < cursor.line || column < cursor.column
    if (isBefore && /[{[]/.test(line[column] ?? ''))
      return { bracket: { line: row, column }, column: key?.column ?? column, name: key === undefined ? [] : [key.name] }
    if (key !== undefined && row < cursor.line) return undefined
  }
  return undefined
}

function flowTokenEnd(line: string, from: number): number {
  const rest = /^(?:[^,{}[\]:#]|:(?=\S)(?![,}\]]))*/.exec(line.slice(from))?.[0] ?? ''
  return from + rest.trimEnd().length
}

const separator = /^---(?:\s|$)/

function isSeparator(line: string): boolean {
  return separator.test(line)
}

function boundsOf(lines: readonly string[], line: number): readonly [number, number] {
  let first = line
  while (first > 0 && !isSeparator(lines[first - 1] ?? '')) first--
  let end = line + 1
  while (end < lines.length && !isSeparator(lines[end] ?? '')) end++
  return [first, end]
}
