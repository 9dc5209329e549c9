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
function compileStruct(struct: MetadataStruct): RecordFormatter {
  const writers = Object.values(struct).map(compileJsonValue)
  const pieces = Object.keys(struct).flatMap((name, index) => [`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`, ''])
  if (pieces.length === 0) pieces.push('{')
  pieces.push('}')
  return (record) => {
    for (let index = 0; index < writers.length; index++) pieces[index * 2 + 1] = (writers[index] as RecordFormatter)(record)
    return pieces.join('')
  }
}

/** A string that is one command keeps the command's type: numbers are written bare, what is not known as null. */
function compileJsonValue(value: MetadataValue): RecordFormatter {
  if (typeof value === 'string') return compileJsonString(value)
  if (Array.isArray(value)) {
    const items = (value as readonly MetadataValue[]).map(compileJsonValue)
    return (record) => `[${items.map((write) => write(record)).join(',')}]`
  }
  if (typeof value === 'object' && value !== null) return compileStruct(value as MetadataStruct)
  const fixed = JSON.stringify(value)
  return () => fixed
}

function compileJsonString(text: string): RecordFormatter {
  const parts = compileText(text)
  const [only] = parts
  if (parts.length === 1 && typeof only === 'function') return compileJsonCell(only)
  const line = compileLine(parts)
  return (record) => jsonText(line(record))
}

/** Most values are those of the request before. */
function compileJsonCell(operator: Operator): RecordFormatter {
  let lastValue: string | number | undefined
  let lastText = 'null'
  return (record) => {
    const value = operator(record)
    if (value !== lastValue) {
      lastValue = value
      lastText = jsonText(value)
    }
    return lastText
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
