/**
 * Reads one YAML document as Kubernetes' tools read it: YAML 1.2 with the booleans and octal numbers of YAML 1.1 (`yes`, 0644) and merge keys. Faults
 * carry line and column of the whole manifest.
 */
import { isCollection, LineCounter, parseDocument, type Document, type ScalarTag, type Tags } from 'yaml'
import type { InjectIssue, ObjectIssue } from './issue.js'
import { formatPath, type JsonPath, type JsonValue } from './json.js'
import type { SourceDocument } from './document-split.js'

export type ParsedDocument =
  | { readonly kind: 'empty' }
  | { readonly kind: 'value'; readonly value: JsonValue; readonly locate: (issue: ObjectIssue) => InjectIssue }
  | { readonly kind: 'invalid'; readonly issues: readonly InjectIssue[] }

const maxAliases = 100

export function parseSource(source: SourceDocument, file: string | undefined): ParsedDocument {
  const counter = new LineCounter()
  const place = (offset: number, path: JsonPath, message: string): InjectIssue => {
    const { line, col } = counter.linePos(offset)
    return {
      ...(file === undefined ? {} : { file }),
      line: source.line + Math.max(line, 1) - 1,
      column: Math.max(col, 1),
      path: formatPath(path),
      message,
    }
  }
  try {
    const document = parseDocument(source.text, { lineCounter: counter, prettyErrors: false, merge: true, customTags: kubernetesTags })
    if (document.errors.length > 0)
      return { kind: 'invalid', issues: document.errors.map((fault) => place(fault.pos[0], [], fault.message)) }
    if (document.contents === null) return { kind: 'empty' }
    const value = document.toJS({ maxAliasCount: maxAliases }) as JsonValue
    if (value === null) return { kind: 'empty' }
    return { kind: 'value', value, locate: (issue) => place(offsetOf(document, issue.path), issue.path, issue.message) }
  } catch (error) {
    // unresolved or too many aliases are ReferenceError; a stack overflow on hostile nesting is RangeError
    if (error instanceof RangeError) return { kind: 'invalid', issues: [place(0, [], 'is nested too deeply')] }
    if (error instanceof ReferenceError) return { kind: 'invalid', issues: [place(0, [], error.message)] }
    throw error
  }
}

/** Offset of the field, or of the nearest thing around it that exists. */
function offsetOf(document: Document, path: JsonPath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    const range = (node as { range?: readonly number[] | null } | undefined)?.range
    if (range?.[0] !== undefined) return range[0]
  }
  return isCollection(document.contents) ? (document.contents.range?.[0] ?? 0) : 0
}

const legacyOctal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
}

const legacyTrue: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON)$/,
  resolve: () => true,
}

const legacyFalse: ScalarTag = { ...legacyTrue, test: /^(?:n|N|no|No|NO|off|Off|OFF)$/, resolve: () => false }

/** The first tag whose test matches wins, so these go before those of YAML 1.2. */
function kubernetesTags(tags: Tags): Tags {
  return [legacyOctal, legacyTrue, legacyFalse, ...tags]
}
