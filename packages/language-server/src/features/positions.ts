/** Between the places of config-schema, which count from 1, and those of the protocol, which count from 0; both in UTF-16 units. */
import type { SourceRange } from '@heddle/config-schema'
import type { Position, Range } from 'vscode-languageserver-types'

export function toRange({ line = 1, column = 1, endLine = line, endColumn = column }: Partial<SourceRange>): Range {
  return { start: { line: line - 1, character: column - 1 }, end: { line: endLine - 1, character: endColumn - 1 } }
}

export function isInside(range: Range, { line, character }: Position): boolean {
  const { start, end } = range
  const isBehindStart = line > start.line || (line === start.line && character >= start.character)
  return isBehindStart && (line < end.line || (line === end.line && character <= end.character))
}

export function touches(a: Range, b: Range): boolean {
  return isInside(a, b.start) || isInside(a, b.end) || isInside(b, a.start)
}

export function splitLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/)
}
