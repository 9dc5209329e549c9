/** Reads kubectl's JSONPath templates (client-go util/jsonpath: the grammar and its limits) into nodes. */
import { HeddleError } from '@heddle/base'

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | PathNode
  | { readonly kind: 'range'; readonly over: PathNode; readonly body: readonly TemplateNode[] }

export interface PathNode {
  readonly kind: 'path'
  /** `$` starts at the whole value, everything else at the current one. */
  readonly isFromRoot: boolean
  readonly steps: readonly PathStep[]
}

export type PathStep =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'descent' }
  | {
      readonly kind: 'slice'
      readonly start: number | undefined
      readonly end: number | undefined
      readonly step: number | undefined
      /** One element, which must exist. */
      readonly isIndex: boolean
    }
  | { readonly kind: 'union'; readonly paths: readonly PathNode[] }
  | { readonly kind: 'filter'; readonly left: Operand; readonly operator: string; readonly right: Operand | undefined }

export type Operand = PathNode | { readonly kind: 'literal'; readonly value: unknown }

/** @throws HEDDLE_CLI_JSONPATH */
export function parseTemplate(template: string): readonly TemplateNode[] {
  const root: TemplateNode[] = []
  const open: { readonly over: PathNode; readonly outer: TemplateNode[] }[] = []
  let nodes = root
  for (const piece of piecesOf(template)) {
    const { text, isAction } = piece
    const range = isAction ? /^range\s+(.*)$/s.exec(text) : null
    if (!isAction) nodes.push({ kind: 'text', text })
    else if (range) {
      open.push({ over: parsePath(range[1] as string), outer: nodes })
      nodes = []
    } else if (text === 'end') {
      const closed = open.pop()
      if (!closed) throw jsonPathError('{end} without {range}')
      closed.outer.push({ kind: 'range', over: closed.over, body: nodes })
      nodes = closed.outer
    } else nodes.push(isQuoted(text) ? { kind: 'text', text: unquoted(text) } : parsePath(text))
  }
  if (open.length > 0) throw jsonPathError('{range} without {end}')
  return root
}

/** Text and actions in turn; braces inside quotes are not braces. */
function piecesOf(template: string): readonly { readonly text: string; readonly isAction: boolean }[] {
  const pieces: { text: string; isAction: boolean }[] = []
  let at = 0
  while (at < template.length) {
    const start = template.indexOf('{', at)
    const text = template.slice(at, start < 0 ? template.length : start)
    if (text !== '') pieces.push({ text, isAction: false })
    if (start < 0) break
    const end = endOf(template, start + 1, '}')
    pieces.push({ text: template.slice(start + 1, end).trim(), isAction: true })
    at = end + 1
  }
  return pieces
}

/** Where `closing` stands, past quotes and brackets. */
function endOf(text: string, from: number, closing: string): number {
  let quote = ''
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const character = text[at] as string
    if (character === '\\') at++
    else if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if (depth === 0 && character === closing) return at
    else if (character === '[' || character === '(') depth++
    else if (character === ']' || character === ')') depth--
  }
  throw jsonPathError(`${JSON.stringify(closing)} is missing after ${JSON.stringify(text.slice(from - 1))}`)
}

/** @throws HEDDLE_CLI_JSONPATH */
export function parsePath(text: string): PathNode {
  const isFromRoot = text.startsWith('$')
  const steps: PathStep[] = []
  let at = isFromRoot || text.startsWith('@') ? 1 : 0
  while (at < text.length) {
    const rest = text.slice(at)
    if (rest.startsWith('[')) {
      const end = endOf(text, at + 1, ']')
      steps.push(...parseBracket(text.slice(at + 1, end).trim()))
      at = end + 1
      continue
    }
    const field = /^(\.{0,2})((?:[^.[\]{}()\s'"\\]|\\.)+)|^\s+|^\.+/s.exec(rest)
    if (!field) throw jsonPathError(`${JSON.stringify(rest)} cannot be read`)
    const [matched, dots, name] = field
    if (matched.startsWith('..')) steps.push({ kind: 'descent' })
    if (name === '*') steps.push({ kind: 'wildcard' })
    else if (name !== undefined) {
      if (dots === '' && at > 0 && !/[\s\]]$/.test(text.slice(0, at))) throw jsonPathError(`${JSON.stringify(rest)} cannot be read`)
      if (dots === '' && at === 0) throw jsonPathError(`unrecognized identifier ${name}`)
      steps.push({ kind: 'field', name: name.replaceAll(/\\(.)/gs, '$1') })
    }
    at += matched.length
  }
  return { kind: 'path', isFromRoot, steps }
}

function parseBracket(text: string): readonly PathStep[] {
  if (text === '*') return [{ kind: 'wildcard' }]
  const condition = /^\?\((.*)\)$/s.exec(text)
  if (condition) return [parseFilter((condition[1] as string).trim())]
  const parts = splitOutsideQuotes(text, ',')
  if (parts.length > 1) return [{ kind: 'union', paths: parts.map((part) => pathOf(parseBracket(part.trim()))) }]
  // What is quoted is a path again, so a dot in a name needs its backslash here, too.
  if (isQuoted(text)) return parsePath(`.${text.slice(1, -1)}`).steps
  const range = /^(-?\d+)?(?::(-?\d+)?(?::(-?\d+)?)?)?$/.exec(text)
  if (!range || text === '') throw jsonPathError(`invalid array index ${text}`)
  const [start, end, step] = range.slice(1).map((part) => (part === undefined ? undefined : Number(part)))
  if (step !== undefined && step <= 0) throw jsonPathError('the step of a slice must be above 0')
  return [{ kind: 'slice', start, end, step, isIndex: !text.includes(':') }]
}

function pathOf(steps: readonly PathStep[]): PathNode {
  return { kind: 'path', isFromRoot: false, steps }
}

function parseFilter(text: string): PathStep {
  for (const operator of ['==', '!=', '<=', '>=', '<', '>']) {
    const [left, right, ...more] = splitOutsideQuotes(text, operator)
    if (left === undefined || right === undefined) continue
    if (more.length > 0) throw jsonPathError(`${JSON.stringify(text)} compares more than once`)
    return { kind: 'filter', left: parseOperand(left.trim()), operator, right: parseOperand(right.trim()) }
  }
  return { kind: 'filter', left: parseOperand(text), operator: 'exists', right: undefined }
}

function parseOperand(text: string): Operand {
  if (isQuoted(text)) return { kind: 'literal', value: unquoted(text) }
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' }
  if (/^[-+]?\d+(\.\d+)?$/.test(text)) return { kind: 'literal', value: Number(text) }
  return parsePath(text)
}

function splitOutsideQuotes(text: string, separator: string): readonly string[] {
  const parts: string[] = []
  let quote = ''
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if (depth === 0 && text.startsWith(separator, at)) {
      parts.push(text.slice(start, at))
      start = at + separator.length
      at = start - 1
    } else if (character === '[' || character === '(') depth++
    else if (character === ']' || character === ')') depth--
  }
  return [...parts, text.slice(start)]
}

function isQuoted(text: string): boolean {
  const quote = text[0]
  return text.length >= 2 && (quote === '"' || quote === "'") && endOfQuote(text) === text.length - 1
}

function endOfQuote(text: string): number {
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === text[0]) return at
  }
  return -1
}

const escaped: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/gs, (_, character: string) => escaped[character] ?? character)
}

export function jsonPathError(message: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CLI_JSONPATH',
    message: `jsonpath: ${message}`,
    origin: 'user',
    hint: "Templates are kubectl's, such as: -o jsonpath='{.items[*].metadata.name}'",
  })
}
