/** What differs between two texts, as one run of whole lines: enough for a tool that is to make the change itself. */

export interface ChangedLines {
  /** The first line that goes, and the one behind the last, from 1. */
  readonly start: number
  readonly end: number
  readonly newText: string
}

/** @returns undefined when nothing differs. */
export function changedLines(before: string, after: string): ChangedLines | undefined {
  if (before === after) return undefined
  const old = linesOf(before)
  const made = linesOf(after)
  const shorter = Math.min(old.length, made.length)
  let head = 0
  while (head < shorter && old[head] === made[head]) head++
  let tail = 0
  while (tail < shorter - head && old[old.length - 1 - tail] === made[made.length - 1 - tail]) tail++
  return { start: head + 1, end: old.length - tail + 1, newText: made.slice(head, made.length - tail).join('') }
}

/** Each with its line end; what stands behind the last one too. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}
