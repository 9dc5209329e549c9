/** Envoy's access log command language, compiled once per format: `%RESPONSE_CODE%`, `%REQ(X?Y):Z%` and the others that Istio's defaults use. */
import { HeddleError } from '@heddle/base'
import type { FileAccessLog, MetadataStruct, MetadataValue } from '@heddle/routing'
import type { DecisionRecord } from '../decision-record.js'
import { lineOf, type LogPart, printJson, printText, type RecordFormatter } from './access-log-line.js'
import { type Operator, operatorOf, supportedOperators } from './access-log-operators.js'

/** @throws HEDDLE_ACCESS_LOG_FORMAT */
export function compileAccessLogFormat(format: FileAccessLog['format']): RecordFormatter {
  return format.kind === 'text' ? textLine(compileText(format.text)) : structLine(format.fields)
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
  const cut = (value: string | number | undefined): string | undefined => (value === undefined ? undefined : String(value).slice(0, limit))
  return { ...operator, read: (record) => cut(operator.read(record)), readRequest: (record) => cut(operator.readRequest(record)) }
}

function formatError(what: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_ACCESS_LOG_FORMAT',
    message: `the access log format ${what}`,
    origin: 'user',
    hint: `Supported are ${supportedOperators.join(', ')}.`,
  })
}

function textLine(items: readonly (string | Operator)[]): RecordFormatter {
  const parts: LogPart[] = []
  let before = ''
  for (const item of items) {
    if (typeof item === 'string') before = item
    else {
      parts.push({ before, operator: item })
      before = ''
    }
  }
  return lineOf(parts, before, printText)
}

function structLine(struct: MetadataStruct): RecordFormatter {
  const parts: LogPart[] = []
  const rest = appendStruct(parts, '', struct)
  return lineOf(parts, `${rest}\n`, printJson)
}

/** @param before fixed text that no part has taken yet. @returns the fixed text after the last part. */
function appendStruct(parts: LogPart[], before: string, struct: MetadataStruct): string {
  let fixed = `${before}{`
  let separator = ''
  for (const [name, value] of Object.entries(struct)) {
    fixed = appendValue(parts, `${fixed}${separator}${JSON.stringify(name)}:`, value)
    separator = ','
  }
  return `${fixed}}`
}

/** A string that is one command keeps the command's type: numbers are written bare, what is not known as null. */
function appendValue(parts: LogPart[], before: string, value: MetadataValue): string {
  if (typeof value === 'string') return appendString(parts, before, value)
  if (Array.isArray(value)) {
    let fixed = `${before}[`
    for (const [index, item] of (value as readonly MetadataValue[]).entries())
      fixed = appendValue(parts, index === 0 ? fixed : `${fixed},`, item)
    return `${fixed}]`
  }
  if (typeof value === 'object' && value !== null) return appendStruct(parts, before, value as MetadataStruct)
  return before + JSON.stringify(value)
}

function appendString(parts: LogPart[], before: string, text: string): string {
  const items = compileText(text)
  const [only] = items
  const isConstant = items.every((item) => typeof item === 'string')
  if (isConstant) return before + JSON.stringify(items.join(''))
  parts.push({ before, operator: items.length === 1 && typeof only === 'object' ? only : mixed(items) })
  return ''
}

/** Several commands in one string. */
function mixed(items: readonly (string | Operator)[]): Operator {
  const operators = items.filter((item) => typeof item === 'object')
  const read = (record: DecisionRecord): string =>
    items.map((item) => (typeof item === 'string' ? item : (item.read(record) ?? '-'))).join('')
  return {
    read,
    readRequest: read,
    varies: operators.some(({ varies }) => varies),
  }
}
