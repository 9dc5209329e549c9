/** Where a cursor stands inside `{...}` and `[...]`, read from the opening bracket on, whether or not it is ever closed. */
import type { FieldPath, PathSegment } from '@heddle/config-schema'

export interface FlowPlace {
  /** From the value that the bracket opens. */
  readonly path: FieldPath
  /** `key`: a name is being written in the mapping at `path`; `value`: what stands at `path`. */
  readonly part: 'key' | 'value'
  readonly tokenColumn: number
  /** Names, and their values as far as they are scalars, in the mapping around the cursor. */
  readonly siblings: ReadonlyMap<string, string>
}

/** The parser takes no more levels. */
const maxFlowDepth = 200

interface Frame {
  readonly kind: 'map' | 'list'
  readonly entries: Map<string, string>
  index: number
  key: string | undefined
}

interface Scan {
  readonly stack: Frame[]
  token: string
  /** Whether the token has anything but white space; asked for each character. */
  isBegun: boolean
  tokenColumn: number
  quote: string
}

/** @returns undefined when the brackets are closed before the cursor, or the cursor is in a comment. */
export function scanFlow(lines: readonly string[], from: Place, cursor: Place): FlowPlace | undefined {
  const scan: Scan = { stack: [], token: '', isBegun: false, tokenColumn: from.column, quote: '' }
  for (let row = from.line; row <= cursor.line; row++) {
    const line = lines[row] ?? ''
    const end = row === cursor.line ? cursor.column : line.length
    for (let column = row === from.line ? from.column : 0; column < end; column++) {
      if (scan.quote === '' && line[column] === '#' && /\s/.test(line[column - 1] ?? ' ')) {
        if (row === cursor.line) return undefined
        break
      }
      read(scan, line, column)
      if (scan.stack.length === 0 || scan.stack.length > maxFlowDepth) return undefined
    }
    // A word that began further up is one of several lines: only what stands in the line of the cursor can be replaced.
    if (row < cursor.line) scan.tokenColumn = Math.min((lines[row + 1] ?? '').search(/\S|$/), cursor.column)
  }
  return placeOf(scan, lines, cursor)
}

export interface Place {
  readonly line: number
  readonly column: number
}

function read(scan: Scan, line: string, column: number): void {
  const character = line[column] as string
  if (scan.quote !== '') {
    if (character === scan.quote) scan.quote = ''
    scan.token += character
  } else if ((character === '"' || character === "'") && !scan.isBegun) {
    scan.quote = character
    append(scan, character, column)
  } else if (!readMark(scan, line, column)) append(scan, character, column)
}

/** @returns false for what is part of a word. */
function readMark(scan: Scan, line: string, column: number): boolean {
  const frame = scan.stack.at(-1)
  const character = line[column] ?? ''
  switch (character) {
    case '{':
    case '[':
      scan.stack.push({ kind: character === '{' ? 'map' : 'list', entries: new Map(), index: 0, key: undefined })
      break
    case '}':
    case ']':
      finish(frame, scan.token)
      scan.stack.pop()
      break
    case ',':
      finish(frame, scan.token)
      if (frame !== undefined) next(frame)
      break
    case ':':
      if (frame?.kind !== 'map' || frame.key !== undefined || !isColon(scan, line, column)) return false
      frame.key = bare(scan.token)
      break
    default:
      return false
  }
  scan.token = ''
  scan.isBegun = false
  scan.tokenColumn = column + 1
  return true
}

function append(scan: Scan, character: string, column: number): void {
  const isBlank = character === ' ' || character === '\t'
  if (!scan.isBegun) scan.tokenColumn = isBlank ? column + 1 : column
  scan.isBegun ||= !isBlank
  scan.token += character
}

function next(frame: Frame): void {
  frame.index++
  frame.key = undefined
}

function finish(frame: Frame | undefined, token: string): void {
  if (frame?.kind !== 'map') return
  if (frame.key !== undefined) frame.entries.set(frame.key, bare(token))
  else if (token.trim() !== '') frame.entries.set(bare(token), '')
}

function isColon(scan: Scan, line: string, column: number): boolean {
  return /["']\s*$/.test(scan.token.slice(-20)) || /[\s,}\]]/.test(line[column + 1] ?? ' ')
}

function placeOf(scan: Scan, lines: readonly string[], cursor: Place): FlowPlace | undefined {
  const last = scan.stack.at(-1)
  if (last === undefined) return undefined
  const path = scan.stack.flatMap((frame): PathSegment[] => {
    if (frame.kind === 'list') return [frame.index]
    return frame.key === undefined ? [] : [frame.key]
  })
  const part = last.kind === 'map' && last.key === undefined ? 'key' : 'value'
  const entries = new Map(last.entries)
  for (const [name, value] of entriesBehind(lines, cursor)) entries.set(name, value)
  return { path, part, tokenColumn: scan.tokenColumn, siblings: entries }
}

/** What follows in the same mapping on the line of the cursor. */
function entriesBehind(lines: readonly string[], { line, column }: Place): readonly (readonly [string, string])[] {
  const rest = /^[^{}[\]]*/.exec((lines[line] ?? '').slice(column))?.[0] ?? ''
  return rest
    .split(',')
    .slice(1)
    .map((entry) => entry.split(/:(?:\s|$)/))
    .filter(([name = '']) => name.trim() !== '')
    .map(([name = '', value = '']) => [bare(name), bare(value)])
}

export function bare(token: string): string {
  const text = token.trim()
  const [, quoted] = /^(?:"(.*)"|'.*')$/.exec(text) ?? []
  return quoted ?? text.replace(/^["']|["']$/g, '')
}
