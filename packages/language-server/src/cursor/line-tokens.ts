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

/** The parser takes no more levels. */
const maxDashes = 200

const quotedName = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)')/
const plainStart = /^[^\s"'{}[\]#&*!|>%@`,]/
const colon = /:(?=[ \t]|$)/

export function lineTokens(line: string): LineTokens {
  const dashes: number[] = []
  let at = skipSpaces(line, 0)
  while (dashes.length < maxDashes && line[at] === '-' && (at + 1 === line.length || line[at + 1] === ' ')) {
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
  const content = line.slice(column, contentEnd)
  const quoted = quotedName.exec(content)
  const from = quoted?.[0].length ?? 0
  const at = from + content.slice(from).search(colon)
  if (at < from || (quoted === null ? !plainStart.test(content) : content.slice(from, at).trim() !== '')) return undefined
  const written = quoted?.[0] ?? content.slice(0, at).trimEnd()
  if (written === '' || (quoted === null && written.includes(' #'))) return undefined
  const valueColumn = skipSpaces(line, column + at + 1)
  const name = quoted === null ? written : written.slice(1, -1)
  return { name, column, end: column + written.length, valueColumn, valueEnd: Math.max(valueColumn, contentEnd) }
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
