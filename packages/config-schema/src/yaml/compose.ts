/**
 * Drives the YAML parser one document at a time, so that a hostile or broken document is stopped early: composing is recursive
 * and makes an Error object for every fault, so depth and the number of faults are bounded before either can hurt.
 */
import { Composer, Lexer, Parser, type CST, type Document, type LineCounter, type ParsedNode } from 'yaml'
import { tooDeepAt } from './nesting.js'
import { entryBefore } from './entry-before.js'
import type { YamlSyntaxError } from './syntax-diagnostic.js'
import { createTokenGuard, type Hostility } from './token-guard.js'

export type Composed =
  | { readonly kind: 'document'; readonly index: number; readonly document: Document.Parsed }
  | { readonly kind: 'broken'; readonly errors: readonly YamlSyntaxError[] }
  | { readonly kind: Hostility | 'too-many'; readonly offset: number }

const maxErrors = 100
const maxStrayTokens = 10

/** Signals that a document has more faults than anyone reads. */
const tooManyErrors = Symbol('too many syntax errors')

/** A document that the composer still holds: it hands one out when the next begins. */
interface Held {
  readonly index: number
  readonly errors: readonly YamlSyntaxError[]
}

/** @param lines learns where lines begin as the text is read. */
export function* composeDocuments(text: string, lines: LineCounter, maxDocuments: number): Generator<Composed, void> {
  const errors: YamlSyntaxError[] = []
  const openQuotes: number[] = []
  const composer = createComposer(errors, openQuotes)
  const held: Held[] = []
  const release = (document: Document.Parsed): Composed => composed(document, held.shift())
  let index = 0
  let strayTokens = 0
  let hostility: Composed | undefined
  const tokens = guardedTokens(text, lines, openQuotes, (kind, offset) => (hostility = { kind, offset }))
  for (const token of tokens) {
    if (token.type === 'error' && ++strayTokens > maxStrayTokens) break
    if (token.type === 'document') {
      const deepAt = tooDeepAt(token)
      if (index === maxDocuments) {
        yield { kind: 'too-many', offset: token.offset }
        break
      }
      index++
      if (deepAt !== undefined) {
        yield { kind: 'too-deep', offset: deepAt }
        continue
      }
    }
    const documents = composeToken(composer, token)
    if (documents === undefined) yield { kind: 'broken', errors: errors.splice(0) }
    else if (token.type === 'document') held.push({ index: index - 1, errors: errors.splice(0) })
    for (const document of documents ?? []) yield release(document)
  }
  if (hostility !== undefined) {
    yield hostility
    return
  }
  for (const document of composer.end(false, text.length)) yield release(document)
  // Faults outside any document, such as a stray bracket in an otherwise empty file.
  if (errors.length > 0 || index === 0) yield { kind: 'broken', errors: [...errors, ...strayErrors(composer)] }
}

/** The parser's tokens, until something hostile shows; what was open then is given up. */
function* guardedTokens(
  text: string,
  lines: LineCounter,
  openQuotes: number[],
  stop: (kind: Hostility, offset: number) => void,
): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine)
  const guard = createTokenGuard(parser)
  let offset = 0
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    if (openQuotes.length < maxStrayTokens && isOpenQuote(lexeme)) openQuotes.push(offset)
    yield* parser.next(inSingleQuotes(lexeme))
    const hostility = guard.look(lexeme)
    if (hostility !== undefined) return stop(hostility, offset)
    if (!marks.has(lexeme)) offset += lexeme.length
  }
  yield* parser.end()
}

/** From which length on it pays. */
const longText = 1000

/** The library unfolds double quotes letter by letter, which long texts pay for; without escapes single quotes say the same. */
function inSingleQuotes(lexeme: string): string {
  if (lexeme.length < longText || !lexeme.startsWith('"') || !lexeme.endsWith('"') || /[\\\r\n']/.test(lexeme)) return lexeme
  return `'${lexeme.slice(1, -1)}'`
}

/** What the lexer says between the pieces of the text, such as that a scalar follows. */
const marks = new Set(['\u0002', '\u0018', '\u001F'])

/** A quoted text that the input ends in. */
function isOpenQuote(lexeme: string): boolean {
  const quote = lexeme[0]
  if (quote !== '"' && quote !== "'") return false
  return lexeme.length === 1 || !lexeme.endsWith(quote) || (quote === '"' && /[^\\](?:\\\\)*\\"$/.test(lexeme))
}

/** @returns undefined when the document was given up for its faults. */
function composeToken(composer: Composer<ParsedNode>, token: CST.Token): readonly Document.Parsed[] | undefined {
  try {
    return [...composer.next(token)]
  } catch (signal) {
    if (signal !== tooManyErrors) throw signal
    return undefined
  }
}

function composed(document: Document.Parsed, held: Held = { index: 0, errors: [] }): Composed {
  const own = document.errors.slice(0, maxErrors).map(({ code, message, pos }) => ({ code, message, start: pos[0], end: pos[1] }))
  const errors = [...held.errors, ...own]
  return errors.length > 0
    ? { kind: 'broken', errors: errors.map((error) => outlined(error, document)) }
    : { kind: 'document', index: held.index, document }
}

/** A line in the wrong column is judged by the entry before it, which may be many lines above. */
function outlined(error: YamlSyntaxError, document: Document.Parsed): YamlSyntaxError {
  const before = error.code === 'BAD_INDENT' ? entryBefore(document.contents, error.start) : undefined
  return before === undefined ? error : { ...error, before }
}

type OnError = (
  source: number | readonly [number, number] | { readonly offset: number; readonly source?: string },
  code: string,
  message: string,
  warning?: boolean,
) => void

interface ComposerInternals {
  onError: OnError
  readonly errors: readonly { readonly code: string; readonly message: string; readonly pos: readonly [number, number] }[]
}

/** Scalars stay text here; `plainScalar` decides what they mean. */
function createComposer(errors: YamlSyntaxError[], openQuotes: readonly number[]): Composer<ParsedNode> {
  const composer = new Composer<ParsedNode>({ schema: 'failsafe', uniqueKeys: false, logLevel: 'silent', version: '1.2' })
  const onError: OnError = (source, code, message, warning) => {
    if (warning) return
    const [start, end] = errorRange(source)
    const quote = /^Missing closing .quote/.test(message) ? openQuotes.findLast((offset) => offset < start) : undefined
    errors.push(quote === undefined ? { start, end, code, message } : { start: quote, end: quote + 1, code: 'UNCLOSED_QUOTE', message })
    if (errors.length > maxErrors) throw tooManyErrors
  }
  ;(composer as unknown as ComposerInternals).onError = onError
  return composer
}

function strayErrors(composer: Composer<ParsedNode>): readonly YamlSyntaxError[] {
  const { errors } = composer as unknown as ComposerInternals
  return errors.map(({ code, message, pos }) => ({ code, message, start: pos[0], end: pos[1] }))
}

function errorRange(source: Parameters<OnError>[0]): readonly [number, number] {
  if (typeof source === 'number') return [source, source + 1]
  return 'offset' in source ? [source.offset, source.offset + (source.source?.length ?? 1)] : [source[0], source[1]]
}
