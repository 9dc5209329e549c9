/** Envoy's access log command language, compiled once per format: `%RESPONSE_CODE%`, `%REQ(X?Y):Z%` and the others that Istio's defaults use. */
import { HeddleError } from '@heddle/base'
import type { FileAccessLog, MetadataStruct, MetadataValue } from '@heddle/routing'
import type { DecisionRecord } from '../decision-record.js'
import { type Operator, operatorOf, supportedOperators } from './access-log-operators.js'

export type RecordFormatter = (record: DecisionRecord) => string

/** @throws HEDDLE_ACCESS_LOG_FORMAT */
export function compileAccessLogFormat(format: FileAccessLog['format']): RecordFormatter {
  if (format.kind === 'text') return compileLine(compileText(format.text))
  const write = compileStruct(format.fields)
  return (record) => `${write(record)}\n`
}

function compileLine(parts: readonly (string | Operator)[]): RecordFormatter {
  return (record) => {
    let line = ''
    for (const part of parts) line += typeof part === 'string' ? part : (part(record) ?? '-')
    return line
  }
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
  return (record) => {
    const value = operator(record)
    return value === undefined ? undefined : String(value).slice(0, limit)
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

/** The names stand ready between the values; joining all at once makes one flat string where `+=` makes a chain. */
/** One JSON object as pieces in turn: values of a record, each with the fixed text before it. */
function compileStruct(struct: MetadataStruct): RecordFormatter {
  const pieces: Piece[] = []
  const rest = appendStruct(pieces, '', struct)
  return (record) => {
    let text = ''
    for (const piece of pieces) text += piece.write(record)
    return text + rest
  }
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
  pieces.push(new Piece(before, parts.length === 1 && typeof only === 'function' ? only : compileLine(parts)))
  return ''
}

/** A value with the text before it. From one record to the next most values are the same, and so is their text. */
class Piece {
  readonly #before: string
  readonly #read: Operator
  #last: string | number | undefined
  #text: string

  constructor(before: string, read: Operator) {
    this.#before = before
    this.#read = read
    this.#text = `${before}null`
  }

  write(record: DecisionRecord): string {
    const value = this.#read(record)
    if (value === this.#last) return this.#text
    this.#last = value
    this.#text = this.#before + jsonText(value)
    return this.#text
  }
}

/** What JSON writes differently from the text itself. */
const needsEscape = /[^ !#-[\]-~]/

/** JSON.stringify for the common case of plain ASCII, at a third of its cost. */
function jsonText(value: string | number | undefined): string {
  if (value === undefined) return 'null'
  if (typeof value === 'number') return String(value)
  return needsEscape.test(value) ? JSON.stringify(value) : `"${value}"`
}
