/** Finds the name that was probably meant: same letters in another case or spelling, else the nearest by edit distance. */

/** @returns the nearest of `candidates`, or undefined when none is near enough to be a plausible typo of `word`. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(word)
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    const folded = fold(candidate)
    if (folded === wanted) return candidate
    if (Math.abs(folded.length - wanted.length) >= bestDistance) continue
    const distance = editDistance(wanted, folded, bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function fold(word: string): string {
  return word
    .slice(0, 64)
    .toLowerCase()
    .replaceAll(/[-_. ]/g, '')
}

/** Edits (insert, delete, replace, swap of neighbours) between two words; stops early at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    let smallest = row
    for (let column = 1; column <= b.length; column++) {
      const cost = editCost(a, b, row, column, { current, last, beforeLast })
      current.push(cost)
      if (cost < smallest) smallest = cost
    }
    if (smallest >= limit) return limit
    beforeLast = last
    last = current
  }
  return last[b.length] ?? limit
}

interface Rows {
  readonly current: readonly number[]
  readonly last: readonly number[]
  readonly beforeLast: readonly number[]
}

function editCost(a: string, b: string, row: number, column: number, rows: Rows): number {
  const same = a[row - 1] === b[column - 1] ? 0 : 1
  const cost = Math.min(at(rows.last, column) + 1, at(rows.current, column - 1) + 1, at(rows.last, column - 1) + same)
  const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
  return swapped ? Math.min(cost, at(rows.beforeLast, column - 2) + 1) : cost
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.MAX_SAFE_INTEGER
}
