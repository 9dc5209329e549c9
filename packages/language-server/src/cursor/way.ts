/** From a column upwards to the root of its document: whatever begins further left holds what stands there. */
import type { FieldPath, PathSegment } from '@heddle/config-schema'
import { bare, type Place } from './flow-scan.js'
import { type LineKey, lineTokens } from './line-tokens.js'

export interface Way {
  readonly path: FieldPath
  /** Names in the mapping at the column, above it, with their values where they are scalars. */
  readonly siblings: ReadonlyMap<string, string>
}

/** @returns undefined inside a text of several lines. */
export function wayTo(lines: readonly string[], from: Place, firstLine: number): Way | undefined {
  const climb = new Climb(from.column)
  for (let row = from.line; row >= firstLine && !climb.isInText; row--) {
    const line = lines[row] ?? ''
    const { key, dashes, isBlank } = lineTokens(line)
    if (isBlank) continue
    if (key !== undefined && (row < from.line || key.column < from.column)) climb.meetKey(key, line.slice(key.valueColumn, key.valueEnd))
    for (const dash of dashes.toReversed()) climb.meetDash(dash)
  }
  return climb.isInText ? undefined : { path: climb.end(), siblings: climb.siblings }
}

/** State of one way up. */
class Climb {
  readonly siblings = new Map<string, string>()
  isInText = false
  private readonly path: PathSegment[] = []
  private readonly column: number
  /** What holds us begins left of this. */
  private limit: number
  /** The list whose entries are being counted. */
  private list: { readonly column: number; index: number } | undefined

  constructor(column: number) {
    this.column = column
    this.limit = column
  }

  meetKey({ name, column }: LineKey, value: string): void {
    // The dashes of a list may stand right below its name.
    const isHolder = this.list === undefined ? column < this.limit : column <= this.list.column
    if (isHolder) {
      this.isInText = isBlockScalar(value)
      this.closeList()
      this.path.unshift(name)
      this.limit = column
    } else if (this.list === undefined && this.path.length === 0 && column === this.column) this.siblings.set(name, bare(value))
  }

  meetDash(column: number): void {
    if (column === this.list?.column) this.list.index++
    if (column >= (this.list?.column ?? this.limit)) return
    this.closeList()
    this.list = { column, index: 0 }
    this.limit = column
  }

  end(): FieldPath {
    this.closeList()
    return this.path
  }

  private closeList(): void {
    if (this.list !== undefined) this.path.unshift(this.list.index)
    this.list = undefined
  }
}

/** Those above are known; those below follow until something begins further left. */
export function siblingsOf(
  lines: readonly string[],
  { line, column }: Place,
  endLine: number,
  above: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const siblings = new Map(above)
  for (let row = line + 1; row < endLine; row++) {
    const text = lines[row] ?? ''
    const { key, dashes, contentColumn, isBlank } = lineTokens(text)
    if (isBlank) continue
    if ((dashes[0] ?? contentColumn) < column) break
    if (key?.column === column && dashes.length === 0) siblings.set(key.name, bare(text.slice(key.valueColumn, key.valueEnd)))
  }
  return siblings
}

/** What stands beside the name whose value a place is in: of `number` below `port`, what stands beside `port`. */
export function siblingsOfHolder(
  lines: readonly string[],
  { line, column }: Place,
  firstLine: number,
  endLine: number,
): ReadonlyMap<string, string> {
  for (let row = line - 1; row >= firstLine; row--) {
    const { key, isBlank } = lineTokens(lines[row] ?? '')
    if (isBlank || key === undefined || key.column >= column) continue
    const place = { line: row, column: key.column }
    return siblingsOf(lines, place, endLine, wayTo(lines, place, firstLine)?.siblings ?? new Map())
  }
  return new Map()
}

/** `|`, `>-` and the like: what follows is text, whatever it looks like. */
export function isBlockScalar(value: string): boolean {
  return /^(?:[&!]\S+\s+)*[|>][+-]?\d?[+-]?\s*(?:#.*)?$/.test(value)
}
