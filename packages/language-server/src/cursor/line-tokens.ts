/**
 * What begins in a line of block YAML: dashes of lists and the name of a field. Read from the line alone, so that it also holds in a
 * document that no parser takes, which is what a document is while somebody types.
 */

export interface LineKey {
  readonly name: string
  readonly column: number
  /** Behind its last character, in front of the colon. */
  readonly end: number
  /** Where its value begins; the end of the line when it has none there. */
  readonly valueColumn: number
  /** Behind the value, without white space and comment. */
  readonly valueEnd: number
}

export interface LineTokens {
  /** Columns of the dashes that open entries of lists. */
  readonly dashes: readonly number[]
  readonly key?: LineKey
  /** Where the content behind the dashes begins; the end of the line when there is none. */
  readonly contentColumn: number
  /** Behind the content, without white space and comment. */
  readonly contentEnd: number
  /** Nothing but white space, or a comment. */
  readonly isBlank: boolean
}

const keyPattern = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s"'{}[\]#&*!|>%@`,][^]*?))[ \t]*:(?=[ \t]|$)/

export function lineTokens(line: string): LineTokens {
  const dashes: number[] = []
  let at = skipSpaces(line, 0)
  while (line[at] === '-' && (at + 1 === line.length || line[at + 1] === ' ')) {
    dashes.push(at)
    at = skipSpaces(line, at + 1)
  }
  const contentEnd = endOfContent(line, at)
  const isBlank = contentEnd <= at
  const key = isBlank ? undefined : keyAt(line, at, contentEnd)
  return {
    dashes,
    contentColumn: at,
    contentEnd: Math.max(at, contentEnd),
    isBlank: isBlank && dashes.length === 0,
    ...(key === undefined ? {} : { key }),
  }
}

function keyAt(line: string, column: number, contentEnd: number): LineKey | undefined {
  const match = keyPattern.exec(line.slice(column, contentEnd))
  if (match === null) return undefined
  const name = match[1] ?? match[2] ?? match[3] ?? ''
  if (name.includes(' #')) return undefined
  const quotes = match[3] === undefined ? 2 : 0
  const valueColumn = skipSpaces(line, column + match[0].length)
  return { name, column, end: column + name.length + quotes, valueColumn, valueEnd: Math.max(valueColumn, contentEnd) }
}

function skipSpaces(line: string, from: number): number {
  let at = from
  while (line[at] === ' ' || line[at] === '\t') at++
  return at
}

/** A comment begins at a `#` behind white space, unless it stands in quotes. */
function endOfContent(line: string, from: number): number {
  let quote = ''
  let end = line.length
  for (let at = from; at < line.length; at++) {
    const character = line[at] as string
    if (quote !== '') {
      if (character === quote) quote = ''
      else if (character === '\\' && quote === '"') at++
    } else if ((character === '"' || character === "'") && (at === from || /[\s:,[{]/.test(line[at - 1] as string))) quote = character
    else if (character === '#' && (at === 0 || /\s/.test(line[at - 1] as string))) {
      end = at
      break
    }
  }
  while (end > from && /\s/.test(line[end - 1] as string)) end--
  return end
}
