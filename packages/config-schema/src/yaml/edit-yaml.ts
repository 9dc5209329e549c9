/**
 * Changes a YAML text and leaves the rest of it as a person wrote it: comments, blank lines, quotes, anchors and the order of keys.
 * Only what differs is touched; white space in front of a comment becomes one space, and indentation becomes even.
 */
import { isMap, isScalar, isSeq, parseDocument, Scalar, type Document, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml'
import type { FieldPath } from '../path.js'
import { isReadable } from './is-readable.js'
import { needsQuotes } from './plain-scalar.js'

/** A change of one field. Without a value the field is removed. */
export interface YamlChange {
  readonly path: FieldPath
  readonly value?: unknown
}

export interface EditOptions {
  /** Which document of the text, counted from 0. Default: 0. */
  readonly document?: number
}

const layout = { lineWidth: 0, flowCollectionPadding: false } as const

/**
 * Sets and removes fields. A mapping on the way that is missing is made; a list index right behind the end appends.
 * @returns the text unchanged when it has no such document, or one that cannot be read.
 */
export function editYaml(text: string, changes: readonly YamlChange[], { document: index = 0 }: EditOptions = {}): string {
  return withDocument(text, index, (document) => {
    for (const { path, value } of changes) {
      if (value === undefined) document.deleteIn(path)
      else document.setIn(path, synced(document, (document.getIn(path, true) ?? null) as Node | null, value))
    }
  })
}

/** Makes the text mean `value`, changing as little of it as possible. */
export function syncYaml(text: string, value: unknown, { document: index = 0 }: EditOptions = {}): string {
  return withDocument(text, index, (document) => {
    document.contents = synced(document, document.contents as Node | null, value) as typeof document.contents
  })
}

/** Rewrites the apiVersion of a document; all served versions of Istio's kinds have the same fields, so nothing else changes. */
export function rewriteVersion(text: string, apiVersion: string, options: EditOptions = {}): string {
  return editYaml(text, [{ path: ['apiVersion'], value: apiVersion }], options)
}

/** A list that stands no deeper than its key, as kubectl writes them. */
const flushList = /^([ \t]*)(?:- )*[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*#[^\n]*\n)*\1- /m

/** A line of three dashes begins a document wherever it stands, so the text can be cut without reading it. */
const separator = /^---(?:[ \t].*)?(?:\r?\n|$)/gm

function withDocument(text: string, index: number, change: (document: Document) => void): string {
  const cuts = [0, ...[...text.matchAll(separator)].map((match) => match.index + match[0].length)]
  // A marker at the very beginning begins the first document and ends none.
  if (
    text
      .slice(0, cuts[1] ?? 0)
      .replace(/---.*\s*$/, '')
      .trim() === '' &&
    cuts.length > 1
  )
    cuts.shift()
  const start = cuts[index]
  if (start === undefined) return text
  const next = text.slice(start).search(/^---(?=[ \t\r\n]|$)/m)
  const end = next < 0 ? text.length : start + next
  const own = text.slice(start, end)
  if (!isReadable(own)) return text
  const document = parseDocument(own, { version: '1.2', uniqueKeys: false, logLevel: 'silent' })
  if (document.errors.length > 0) return text
  change(document)
  const written = document.toString({ ...layout, indentSeq: !flushList.test(own) })
  return `${text.slice(0, start)}${written.endsWith('\n') ? written : `${written}\n`}${text.slice(end)}`
}

function nodeOf(document: Document, value: unknown): Node {
  const node = document.createNode(value) as Node
  quoteWhereNeeded(node)
  return node
}

/** What stays text for YAML 1.2 may be a word or a number for kubectl. */
function quoteWhereNeeded(node: unknown): void {
  if (isScalar(node) && typeof node.value === 'string' && needsQuotes(node.value)) node.type = Scalar.QUOTE_DOUBLE
  if (isSeq(node)) for (const item of node.items) quoteWhereNeeded(item)
  if (isMap(node)) for (const { value } of node.items) quoteWhereNeeded(value)
}

function synced(document: Document, node: Node | null, value: unknown): Node {
  if (isMap(node) && isPlainObject(value)) return syncedMap(document, node, value)
  if (isSeq(node) && Array.isArray(value)) return syncedList(document, node, value)
  if (isScalar(node) && node.value === value && !needsOtherQuotes(node)) return node
  const made = nodeOf(document, value)
  if (node !== null && isScalar(made)) keepLook(node, made)
  return made
}

function keepLook(from: Node, to: Scalar): void {
  if (from.comment !== undefined) to.comment = from.comment
  if (from.commentBefore !== undefined) to.commentBefore = from.commentBefore
  if (isScalar(from) && typeof to.value === 'string' && to.type === undefined && from.type !== undefined) to.type = from.type
}

function needsOtherQuotes(node: Scalar): boolean {
  return typeof node.value === 'string' && node.type === Scalar.PLAIN && needsQuotes(node.value)
}

function syncedMap(document: Document, map: YAMLMap, value: Readonly<Record<string, unknown>>): Node {
  map.items = map.items.filter((pair) => value[keyOf(pair)] !== undefined)
  for (const [key, entry] of Object.entries(value)) {
    if (entry === undefined) continue
    const pair = map.items.find((candidate) => keyOf(candidate) === key)
    if (pair === undefined) map.add(document.createPair(key, nodeOf(document, entry)))
    else pair.value = synced(document, pair.value as Node | null, entry)
  }
  return map
}

/** Entries that have a name are followed by it, so that inserting one does not move the comments of the others. */
function syncedList(document: Document, list: YAMLSeq, value: readonly unknown[]): Node {
  const old = list.items as Node[]
  const taken = new Set<Node>()
  list.items = value.map((entry, index) => {
    const name = nameOf(entry)
    const same = name === undefined ? old[index] : old.find((node) => isMap(node) && node.get('name') === name && !taken.has(node))
    if (same !== undefined) taken.add(same)
    return synced(document, same ?? null, entry)
  })
  return list
}

function nameOf(entry: unknown): unknown {
  return isPlainObject(entry) ? entry['name'] : undefined
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : String(key)
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
