/** Envoy's access log command language, compiled once per format: `%RESPONSE_CODE%`, `%REQ(X?Y):Z%` and the others that Istio's defaults use. */
import { HeddleError } from '@heddle/base'
import type { FileAccessLog, MetadataStruct, MetadataValue } from '@heddle/routing'
import type { DecisionRecord } from '../decision-record.js'
import { type Operator, operatorOf, supportedOperators } from './access-log-operators.js'

export type RecordFormatter = (record: DecisionRecord) => string

/** @throws HEDDLE_ACCESS_LOG_FORMAT */
export function compileAccessLogFormat(format: FileAccessLog['format']): RecordFormatter {
  return format.kind === 'text' ? lineOf(textPieces(compileText(format.text)), '') : structLine(format.fields)
}

const command = /%%|%([A-Z_0-9]+)(?:\(([^)]*)\))?(?::(\d+))?%/g

/** Literal text and operators in turn; `%%` is a percent sign. */
function compileText(text: string): readonly (string | Operator)[] {
  const parts: (string | Operator)[] = []
  let literal = ''
  let at = 0
  const endLiteral = (end: number): void => {
    const rest = text.slice(at, end)
    if (rest.includes('%')) throw formatError(`has a % that begins no command, at "${rest.slice(rest.indexOf('%'), 40)}"`)
    literal += rest
  }
  for (const match of text.matchAll(command)) {
    endLiteral(match.index)
    at = match.index + match[0].length
    if (match[1] === undefined) {
      literal += '%'
      continue
    }
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(compileOperator(match[1], match[2], match[3]))
  }
  endLiteral(text.length)
  if (literal !== '') parts.push(literal)
  return parts
}

function compileOperator(name: string, argument: string | undefined, length: string | undefined): Operator {
  const operator = operatorOf(name, argument)
  if (!operator) throw formatError(`uses %${name}${argument === undefined ? '' : `(${argument})`}%, which is not supported`)
  if (length === undefined) return operator
  const limit = Number(length)
  return {
    ...operator,
    read(record) {
      const value = operator.read(record)
      return value === undefined ? undefined : String(value).slice(0, limit)
    },
  }
}

function formatError(what: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_ACCESS_LOG_FORMAT',
    message: `the access log format ${what}`,
    origin: 'user',
    hint: `Supported are ${supportedOperators.join(', ')}.`,
  })
}

function structLine(struct: MetadataStruct): RecordFormatter {
  const pieces: Piece[] = []
  const rest = appendStruct(pieces, '', struct)
  return lineOf(pieces, `${rest}\n`)
}

/** @param before fixed text that no piece has taken yet. @returns the fixed text after the last piece. */
function appendStruct(pieces: Piece[], before: string, struct: MetadataStruct): string {
  let fixed = `${before}{`
  let separator = ''
  for (const [name, value] of Object.entries(struct)) {
    fixed = appendValue(pieces, `${fixed}${separator}${JSON.stringify(name)}:`, value)
    separator = ','
  }
  return `${fixed}}`
}

/** A string that is one command keeps the command's type: numbers are written bare, what is not known as null. */
function appendValue(pieces: Piece[], before: string, value: MetadataValue): string {
  if (typeof value === 'string') return appendString(pieces, before, value)
  if (Array.isArray(value)) {
    let fixed = `${before}[`
    for (const [index, item] of (value as readonly MetadataValue[]).entries())
      fixed = appendValue(pieces, index === 0 ? fixed : `${fixed},`, item)
    return `${fixed}]`
  }
  if (typeof value === 'object' && value !== null) return appendStruct(pieces, before, value as MetadataStruct)
  return before + JSON.stringify(value)
}

function appendString(pieces: Piece[], before: string, text: string): string {
  const parts = compileText(text)
  const [only] = parts
  const isConstant = parts.every((part) => typeof part === 'string')
  if (isConstant) return before + JSON.stringify(parts.join(''))
  const operator = parts.length === 1 && typeof only === 'object' ? only : mixed(parts)
  pieces.push(new Piece(before, operator, operator.isPlain ? bareJson : jsonText))
  return ''
}

/** Several commands in one string. */
function mixed(parts: readonly (string | Operator)[]): Operator {
  const operators = parts.filter((part) => typeof part === 'object')
  return {
    read: (record) => parts.map((part) => (typeof part === 'string' ? part : (part.read(record) ?? '-'))).join(''),
    varies: operators.some(({ varies }) => varies),
    isPlain: false,
  }
}

function textPieces(parts: readonly (string | Operator)[]): Piece[] {
  const pieces: Piece[] = []
  let before = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      before = part
      continue
    }
    pieces.push(new Piece(before, part, bareText))
    before = ''
  }
  if (before !== '') pieces.push(new Piece(before, { read: () => '', varies: false, isPlain: true }, bareText))
  return pieces
}

/** @param rest fixed text after the last piece. */
function lineOf(pieces: readonly Piece[], rest: string): RecordFormatter {
  const runs = runsOf(pieces)
  return (record) => {
    let line = ''
    for (const run of runs) line += run.write(record)
    return line + rest
  }
}

/** Values that vary stand alone; those between them share a run. */
function runsOf(pieces: readonly Piece[]): readonly (Piece | Run)[] {
  const runs: (Piece | Run)[] = []
  let steady: Piece[] = []
  const endRun = (): void => {
    if (steady.length > 0) runs.push(steady.length === 1 ? (steady[0] as Piece) : new Run(steady))
    steady = []
  }
  for (const piece of pieces) {
    if (!piece.varies) {
      steady.push(piece)
      continue
    }
    endRun()
    runs.push(piece)
  }
  endRun()
  return runs
}

/** A value with the text before it. From one record to the next most values are the same, and so is their text. */
class Piece {
  readonly #before: string
  readonly #operator: Operator
  readonly #print: (value: string | number | undefined) => string
  #last: string | number | undefined
  text: string

  constructor(before: string, operator: Operator, print: (value: string | number | undefined) => string) {
    this.#before = before
    this.#operator = operator
    this.#print = print
    this.text = before + print(undefined)
  }

  get varies(): boolean {
    return this.#operator.varies
  }

  /** @returns whether the text is another than before. */
  update(record: DecisionRecord): boolean {
    const value = this.#operator.read(record)
    if (value === this.#last) return false
    this.#last = value
    this.text = this.#before + this.#print(value)
    return true
  }

  write(record: DecisionRecord): string {
    this.update(record)
    return this.text
  }
}

/** Neighbours that seldom change, as one flat text: a line is a chain of few strings then, and flattening it is most of its cost. */
class Run {
  readonly #pieces: readonly Piece[]
  readonly #texts: string[]
  #text: string

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
    this.#texts = pieces.map(({ text }) => text)
    this.#text = this.#texts.join('')
  }

  write(record: DecisionRecord): string {
    let isChanged = false
    for (let at = 0; at < this.#pieces.length; at++) {
      const piece = this.#pieces[at] as Piece
      if (!piece.update(record)) continue
      this.#texts[at] = piece.text
      isChanged = true
    }
    if (isChanged) this.#text = this.#texts.join('')
    return this.#text
  }
}

/** What JSON writes differently from the text itself. */
const needsEscape = /[^ !#-[\]-~]/

/** JSON.stringify for the common case of plain ASCII, at a third of its cost. */
function jsonText(value: string | number | undefined): string {
  if (typeof value === 'string' && needsEscape.test(value)) return JSON.stringify(value)
  return bareJson(value)
}

function bareJson(value: string | number | undefined): string {
  if (value === undefined) return 'null'
  return typeof value === 'number' ? String(value) : `"${value}"`
}

function bareText(value: string | number | undefined): string {
  return value === undefined ? '-' : String(value)
}
