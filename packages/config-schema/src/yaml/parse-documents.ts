/**
 * Reads a file of YAML or JSON documents as kubectl does, keeping the way from every field back to its line and column.
 * Hostile input costs bounded time: size, nesting, aliases and the number of documents are limited before they are unfolded.
 */
import { Composer, LineCounter, Parser, type CST, type Document, type Node, type ParsedNode } from 'yaml'
import type { Diagnostic, SourceRange } from '../diagnostic.js'
import type { FieldPath } from '../path.js'
import { expandList } from './expand-list.js'
import { nestingLimit, tooDeepAt } from './nesting.js'
import { rangeOf, scalarText, toRange, type FieldPart } from './positions.js'
import { syntaxMessage, type YamlSyntaxError } from './syntax-diagnostic.js'
import { toValue } from './to-value.js'

export interface ParseOptions {
  /** Named in diagnostics. */
  readonly file?: string
  /** Characters of input that are read at most; more is refused unread. Default: 1,572,864 (1.5 MiB); an API server stores no larger object. */
  readonly maxLength?: number
  /** Documents in one text. Default: 5,000. */
  readonly maxDocuments?: number
  /** Hand out a `List` as the one object it is, not its entries. Default: false. */
  readonly keepLists?: boolean
}

/** One resource of a file; entries of a `List` are resources of their own. */
export interface ParsedDocument {
  /** Plain JSON values, own and fresh: the caller may change them. */
  readonly value: unknown
  /** Position of the YAML document in the text, from 0. Entries of one `List` share it. */
  readonly index: number
  readonly file?: string
  /** Where the YAML document begins and ends in the text (UTF-16 offsets). */
  readonly start: number
  readonly end: number
  /** Place of a field; for a path that does not exist, of the nearest mapping that does. */
  readonly rangeOf: (path: FieldPath, part?: FieldPart) => SourceRange
  /** A scalar as it is written in the text, without its quotes; undefined for anything else. */
  readonly textOf: (path: FieldPath) => string | undefined
}

export interface ParseResult {
  /** Documents that could be read; empty ones and those with syntax errors are left out. */
  readonly documents: readonly ParsedDocument[]
  readonly diagnostics: readonly Diagnostic[]
}

const defaultMaxLength = 1_572_864
const defaultMaxDocuments = 5000
const maxSyntaxErrors = 10

export function parseDocuments(text: string, options: ParseOptions = {}): ParseResult {
  const maxLength = options.maxLength ?? defaultMaxLength
  const reading = new Reading(options.file, options.keepLists ?? false)
  if (text.length > maxLength) {
    const limit = `${(maxLength / 1_048_576).toFixed(1)} MiB`
    reading.report(0, 0, 'yaml-too-large', `The input is larger than ${limit}; split it into several files.`)
    return reading
  }
  try {
    readAll(text, reading, options.maxDocuments ?? defaultMaxDocuments)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    reading.report(0, 0, 'yaml-too-deep', 'The input nests too deeply to be read.')
  }
  return reading
}

/** State of one call: what was found so far. */
class Reading {
  readonly documents: ParsedDocument[] = []
  readonly diagnostics: Diagnostic[] = []
  readonly lines = new LineCounter()
  readonly file: string | undefined
  readonly keepLists: boolean
  brokenTokens = 0

  constructor(file: string | undefined, keepLists: boolean) {
    this.file = file
    this.keepLists = keepLists
  }

  report(start: number, end: number, ruleId: string, message: string, severity: Diagnostic['severity'] = 'error'): void {
    const range = toRange(start, end, this.lines)
    this.diagnostics.push({ ruleId, severity, message, path: '', ...(this.file === undefined ? {} : { file: this.file }), ...range })
  }
}

/** A document that the composer still holds: it hands one out when the next begins. */
interface Pending {
  readonly index: number
  readonly errors: readonly YamlSyntaxError[]
}

function readAll(source: string, reading: Reading, maxDocuments: number): void {
  const errors: YamlSyntaxError[] = []
  const composer = createComposer(errors)
  const pending: Pending[] = []
  const take = (document: Document.Parsed) => {
    const { index, errors: found } = pending.shift() ?? { index: 0, errors: [] }
    if (!reportSyntax(found, reading)) readDocument(document, index, reading)
  }
  let index = 0
  for (const token of new Parser(reading.lines.addNewLine).parse(source)) {
    if (token.type === 'error' && ++reading.brokenTokens > maxSyntaxErrors) break
    if (token.type === 'document') {
      if (index === maxDocuments) {
        reading.report(
          token.offset,
          token.offset,
          'yaml-too-many-documents',
          `The input has more than ${maxDocuments} documents; split it.`,
        )
        break
      }
      if (refuseDeep(token, reading) || refuseBroken(composer, token, errors, reading, take)) index++
      else pending.push({ index: index++, errors: errors.splice(0) })
    } else for (const document of composer.next(token)) take(document)
  }
  for (const document of composer.end(false, source.length)) take(document)
}

/** Signals that a document has more errors than anyone reads; making an Error object for each would take minutes. */
const tooManyErrors = Symbol('too many syntax errors')

/** Composes a document; one with very many errors is reported and dropped at once. */
function refuseBroken(
  composer: Composer<ParsedNode>,
  token: CST.Document,
  errors: YamlSyntaxError[],
  reading: Reading,
  take: (document: Document.Parsed) => void,
): boolean {
  try {
    for (const document of composer.next(token)) take(document)
    return false
  } catch (signal) {
    if (signal !== tooManyErrors) throw signal
    reportSyntax(errors.splice(0), reading)
    return true
  }
}

type OnError = (
  source: number | readonly [number, number] | { readonly offset: number; readonly source?: string },
  code: string,
  message: string,
  warning?: boolean,
) => void

function createComposer(errors: YamlSyntaxError[]): Composer<ParsedNode> {
  const composer = new Composer<ParsedNode>({ schema: 'failsafe', uniqueKeys: false, logLevel: 'silent', version: '1.2' })
  const onError: OnError = (source, code, message, warning) => {
    if (warning) return
    const [start, end] = errorRange(source)
    errors.push({ start, end, code, message })
    if (errors.length > 10 * maxSyntaxErrors) throw tooManyErrors
  }
  ;(composer as unknown as { onError: OnError }).onError = onError
  return composer
}

function errorRange(source: Parameters<OnError>[0]): readonly [number, number] {
  if (typeof source === 'number') return [source, source + 1]
  return 'offset' in source ? [source.offset, source.offset + (source.source?.length ?? 1)] : [source[0], source[1]]
}

function refuseDeep(token: CST.Document, reading: Reading): boolean {
  const offset = tooDeepAt(token)
  if (offset === undefined) return false
  reading.report(offset, offset, 'yaml-too-deep', `Mappings and lists nest more than ${nestingLimit} levels deep here.`)
  return true
}

function readDocument(document: Document.Parsed, index: number, reading: Reading): void {
  if (document.errors.length > 0) {
    const errors = document.errors.slice(0, maxSyntaxErrors)
    reportSyntax(
      errors.map(({ code, message, pos }) => ({ code, message, start: pos[0], end: pos[1] })),
      reading,
    )
    return
  }
  const root = document.contents as Node | null
  const { value, faults } = toValue(root)
  for (const fault of faults) reading.report(fault.range[0], fault.range[1], fault.ruleId, fault.message, fault.severity)
  if (faults.length > 0 || value === null) return
  const lines = reading.lines
  const whole: ParsedDocument = {
    value,
    index,
    ...(reading.file === undefined ? {} : { file: reading.file }),
    start: document.range[0],
    end: document.range[1],
    rangeOf: (path, part = 'value') => rangeOf(root, path, part, lines),
    textOf: (path) => scalarText(root, path),
  }
  reading.documents.push(...(reading.keepLists ? [whole] : expandList(whole)))
}

/** One broken spot often breaks the lines after it too; a line is named once. */
function reportSyntax(errors: readonly YamlSyntaxError[], reading: Reading): boolean {
  const lines = new Set<number>()
  for (const error of errors) {
    const line = reading.lines.linePos(error.start).line
    if (lines.has(line) || lines.size >= maxSyntaxErrors) continue
    lines.add(line)
    reading.report(error.start, error.end, error.code === 'TAB_AS_INDENT' ? 'yaml-tab' : 'yaml-syntax', syntaxMessage(error))
  }
  return errors.length > 0
}
