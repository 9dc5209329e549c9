/**
 * Reads a file of YAML or JSON documents as kubectl does, keeping the way from every field back to its line and column.
 * Hostile input costs bounded time: size, nesting, aliases and the number of documents are limited before they are unfolded.
 */
import { LineCounter, type Document, type Node } from 'yaml'
import { hasErrors, type Diagnostic, type SourceRange } from '../diagnostic.js'
import type { FieldPath } from '../path.js'
import { composeDocuments, type Composed } from './compose.js'
import { expandList } from './expand-list.js'
import { guardFindings } from './input-guard.js'
import { lineMessage } from './line-message.js'
import { nestingLimit } from './nesting.js'
import { rangeOf, scalarText, toRange, type FieldPart } from './positions.js'
import { isConsequence, syntaxMessage, type YamlSyntaxError } from './syntax-diagnostic.js'
import { aliasLimit, propertyLimit, scalarLimit } from './token-guard.js'
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
  /** Where in that document the resource stands, for an entry of a `List`: `items`, and its place. */
  readonly within?: FieldPath
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
  /** Documents in which a key stands twice: they may be judged, so that all their faults are told at once, and never used. */
  readonly damaged: readonly ParsedDocument[]
  readonly diagnostics: readonly Diagnostic[]
}

const defaultMaxLength = 1_572_864
const defaultMaxDocuments = 5000
const maxSyntaxErrors = 10

export function parseDocuments(text: string, options: ParseOptions = {}): ParseResult {
  const { maxLength = defaultMaxLength, maxDocuments = defaultMaxDocuments } = options
  const reading = new Reading(text, options.file, options.keepLists ?? false)
  if (text.length > maxLength) {
    const limit = `${(maxLength / 1_048_576).toFixed(1)} MiB`
    reading.report(0, 0, 'yaml-too-large', `The input is larger than ${limit}; split it into several files.`)
    return reading
  }
  for (const { offset, ruleId, message, severity } of guardFindings(text)) reading.report(offset, offset, ruleId, message, severity)
  const tooMany = nthDocument(text, maxDocuments)
  if (tooMany !== undefined) read({ kind: 'too-many', offset: tooMany }, reading, maxDocuments)
  if (hasErrors(reading.diagnostics)) return reading
  try {
    for (const composed of composeDocuments(text, reading.lines, maxDocuments)) read(composed, reading, maxDocuments)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    reading.report(0, 0, 'yaml-too-deep', 'The input nests too deeply to be read.')
  }
  return reading
}

/** Where the first document too many begins; a line of three dashes is a new document wherever it stands. */
function nthDocument(text: string, count: number): number | undefined {
  const separator = /^---(?=\s|$)/gm
  for (let seen = 0; seen <= count; seen++) if (separator.exec(text) === null) return undefined
  return separator.lastIndex - 3
}

/** State of one call: what was found so far. */
class Reading {
  readonly documents: ParsedDocument[] = []
  readonly damaged: ParsedDocument[] = []
  readonly diagnostics: Diagnostic[] = []
  readonly lines = new LineCounter()
  readonly text: string
  readonly file: string | undefined
  readonly keepLists: boolean

  constructor(text: string, file: string | undefined, keepLists: boolean) {
    this.text = text
    this.file = file
    this.keepLists = keepLists
  }

  report(start: number, end: number, ruleId: string, message: string, severity: Diagnostic['severity'] = 'error'): void {
    const range = toRange(start, end, this.lines)
    this.diagnostics.push({ ruleId, severity, message, path: '', ...(this.file === undefined ? {} : { file: this.file }), ...range })
  }
}

function read(composed: Composed, reading: Reading, maxDocuments: number): void {
  switch (composed.kind) {
    case 'document':
      return readDocument(composed.document, composed.index, reading)
    case 'broken':
      return reportSyntax(composed.errors, reading)
    case 'too-deep': {
      const message = `Mappings and lists nest more than ${nestingLimit} levels deep here.`
      return reading.report(composed.offset, composed.offset, 'yaml-too-deep', message)
    }
    case 'too-many-aliases': {
      const message = `The input has more than ${aliasLimit} aliases; write the values out or split it.`
      return reading.report(composed.offset, composed.offset, 'yaml-alias-bomb', message)
    }
    case 'too-many-duplicates': {
      const message = 'So many keys stand twice that the rest was not read.'
      return reading.report(composed.offset, composed.offset, 'yaml-duplicate-key', message)
    }
    case 'too-many-properties': {
      const message = `The input has more than ${propertyLimit} anchors, tags and directives; split it.`
      return reading.report(composed.offset, composed.offset, 'yaml-too-many-marks', message)
    }
    case 'too-many-quotes': {
      const message =
        'So many quoted texts stand one behind the other that the rest was not read; between values stands a comma or a line break.'
      return reading.report(composed.offset, composed.offset, 'yaml-syntax', message)
    }
    case 'too-long': {
      const message = `This value is longer than ${scalarLimit} characters (1 MiB), which is more than an API server stores.`
      return reading.report(composed.offset, composed.offset, 'yaml-too-large', message)
    }
    case 'too-many': {
      const message = `The input has more than ${maxDocuments} documents; split it.`
      return reading.report(composed.offset, composed.offset, 'yaml-too-many-documents', message)
    }
  }
}

function readDocument(document: Document.Parsed, index: number, reading: Reading): void {
  const root = document.contents as Node | null
  const { value, faults } = toValue(root)
  for (const fault of faults) reading.report(fault.range[0], fault.range[1], fault.ruleId, fault.message, fault.severity)
  const isDamaged = faults.length > 0
  if (value === null || faults.some(({ ruleId }) => ruleId !== 'yaml-duplicate-key')) return
  const whole: ParsedDocument = {
    value,
    index,
    ...(reading.file === undefined ? {} : { file: reading.file }),
    start: document.range[0],
    end: document.range[1],
    rangeOf: (path, part = 'value') => rangeOf(root, path, part, reading.lines),
    textOf: (path) => scalarText(root, path),
  }
  const readable = isDamaged ? reading.damaged : reading.documents
  readable.push(...(reading.keepLists ? [whole] : expandList(whole)))
}

/** One broken spot often breaks the lines around it too: a line is named once, and what follows from an earlier fault not at all. */
function reportSyntax(errors: readonly YamlSyntaxError[], reading: Reading): void {
  const lines = new Set<number>()
  const told: YamlSyntaxError[] = []
  for (const error of errors) {
    const line = reading.lines.linePos(error.start).line
    if (lines.has(line) || lines.size >= maxSyntaxErrors || isConsequence(error, told)) continue
    lines.add(line)
    told.push(error)
    reading.report(
      error.start,
      error.end,
      error.code === 'TAB_AS_INDENT' ? 'yaml-tab' : 'yaml-syntax',
      lineMessage(reading.text, error) ?? syntaxMessage(error, (offset) => reading.lines.linePos(offset)),
    )
  }
}
