/** What an RE2 expression costs to compile: repetitions are unfolded, and classes of Unicode are large tables. */

/** States that one document's expressions may unfold into; real ones have a few hundred. */
export const regexStateLimit = 40_000

/** What a class such as `\pL` costs, counted in states. */
const classCost = 100

/** @returns about how many states the expression unfolds into, without compiling it. */
export function regexCost(expression: string): number {
  const groups = [0]
  let last = 0
  const add = (cost: number): void => {
    last = cost
    groups.push((groups.pop() ?? 0) + cost)
  }
  for (let at = 0; at < expression.length; at++) {
    const sign = expression[at]
    if (sign === '\\') {
      at++
      add(expression[at] === 'p' || expression[at] === 'P' ? classCost : 1)
    } else if (sign === '[') {
      at = endOfClass(expression, at)
      add(1)
    } else if (sign === '(') groups.push(0)
    else if (sign === ')' && groups.length > 1) add(groups.pop() ?? 0)
    else if (sign === '{') add(last * (repeatsAt(expression, at) - 1))
    else add(1)
  }
  return groups.reduce((sum, cost) => sum + cost, 0)
}

function endOfClass(expression: string, start: number): number {
  for (let at = start + 2; at < expression.length; at++) {
    if (expression[at] === '\\') at++
    else if (expression[at] === ']') return at
  }
  return expression.length
}

/** `{3,5}` repeats five times at most, `{3,}` three times and then for ever, which is a loop. */
function repeatsAt(expression: string, at: number): number {
  const [, least = '1', most = ''] = /^\{(\d{1,4})(?:,(\d{0,4}))?\}/.exec(expression.slice(at, at + 12)) ?? []
  return Math.max(1, Number(least), Number(most))
}
