/** Puts fixes into a text, keeping comments and whatever else a person wrote. */
import { editYaml } from '../yaml/edit-yaml.js'
import type { Fix, TextEdit } from './finding.js'

/** @param fixes of this text; of two that change the same place the first holds. */
export function applyFixes(text: string, fixes: readonly Fix[]): string {
  const edits = withoutOverlap(fixes.flatMap(({ edit }) => (edit === undefined ? [] : [edit])))
  const edited = applyEdits(text, edits)
  const rest = fixes.filter(({ edit, changes }) => edit === undefined && changes.length > 0)
  // What removes an entry of a list moves those behind it, so the last come first.
  return rest.toReversed().reduce((result, { changes, document }) => editYaml(result, changes, { document }), edited)
}

/** @param edits that do not overlap. */
function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const starts = lineStarts(text)
  const offset = (line: number, column: number): number => (starts[line - 1] ?? text.length) + column - 1
  return edits
    .toSorted((a, b) => b.line - a.line || b.column - a.column)
    .reduce(
      (result, { line, column, endLine, endColumn, newText }) =>
        result.slice(0, offset(line, column)) + newText + result.slice(offset(endLine, endColumn)),
      text,
    )
}

function withoutOverlap(edits: readonly TextEdit[]): readonly TextEdit[] {
  const kept: TextEdit[] = []
  for (const edit of edits) if (kept.every((other) => isApart(edit, other))) kept.push(edit)
  return kept
}

function isApart(a: TextEdit, b: TextEdit): boolean {
  const isBefore = (first: TextEdit, second: TextEdit): boolean =>
    first.endLine < second.line || (first.endLine === second.line && first.endColumn <= second.column)
  return isBefore(a, b) || isBefore(b, a)
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
