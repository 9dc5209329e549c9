/**
 * Compares what came with what the decoded model encodes to: whatever of a resource the model cannot hold shows up here, so nothing is ever ignored
 * silently. What decoders set aside is reported with their reason; the rest by its place and value.
 */
import type { JsonValue } from '@bufbuild/protobuf'
import type { Decoding, IssueLevel } from './decoding.js'

export interface Difference {
  readonly path: string
  readonly message: string
  readonly level: IssueLevel
}

export function findDifferences(original: JsonValue, encoded: JsonValue, decoding: Decoding): Difference[] {
  const found: Difference[] = []
  compareValue(original, encoded, '', decoding, found)
  return found
}

function compareValue(
  original: JsonValue | undefined,
  encoded: JsonValue | undefined,
  path: string,
  decoding: Decoding,
  found: Difference[],
): void {
  if (!isObject(original)) {
    if (original !== encoded) report(original, encoded, path, found)
    return
  }
  const dropped = decoding.dropped.get(original)
  if (dropped !== undefined) found.push({ path, ...dropped })
  else if (Array.isArray(original) && (Array.isArray(encoded) || encoded === undefined)) {
    compareList(original, encoded ?? [], path, decoding, found)
  } else if (isObject(encoded) && Array.isArray(original) === Array.isArray(encoded)) {
    compareFields(original, encoded, path, decoding, found)
  } else if (holdsDropped(original, decoding)) compareFields(original, {}, path, decoding, found)
  else report(original, encoded, path, found)
}

/** What was set aside inside of something that is missing as a whole is still told with its own reason. */
function holdsDropped(value: Fields, decoding: Decoding): boolean {
  return Object.values(value).some((part) => isObject(part) && (decoding.dropped.has(part) || holdsDropped(part, decoding)))
}

function compareFields(original: Fields, encoded: Fields, path: string, decoding: Decoding, found: Difference[]): void {
  for (const [name, value] of Object.entries(original)) compareValue(value, encoded[name], join(path, name), decoding, found)
  for (const [name, value] of Object.entries(encoded)) {
    if (original[name] === undefined) report(undefined, value, join(path, name), found)
  }
}

/** What was set aside has no counterpart, so the others move up. */
function compareList(original: JsonValue[], encoded: JsonValue[], path: string, decoding: Decoding, found: Difference[]): void {
  let next = 0
  for (const [index, item] of original.entries()) {
    const isDropped = isObject(item) && decoding.dropped.has(item)
    compareValue(item, isDropped ? undefined : encoded[next], `${path}[${index}]`, decoding, found)
    if (!isDropped) next += 1
  }
}

type Fields = { [key: string]: JsonValue }

function isObject(value: JsonValue | undefined): value is Fields {
  return typeof value === 'object' && value !== null
}

/** Differences without effect on this data plane: how long to wait for other resources, names of filters (types decide), tuning of buffers. */
const harmless =
  /(^|\.)(initialFetchTimeout|resourceApiVersion|transportApiVersion|validateClusters|initialReadBufferSize|requestIdExtension|typedDnsResolverConfig|enable_discovery)(\.|$)|(^|\.)(filters|httpFilters|listenerFilters|accessLog|retryHostPredicate)\[\d+\]\.name$|(^|\.)(transportSocket|retryPriority)\.name$/

/** Where a rule that is not understood would match, admit or protect the wrong traffic. */
const decisive = /(^|\.)(match|filterChainMatch|commonTlsContext|transportSocket|transportSocketMatches|filterDisabled)(\.|\[|$)/

/** How grave it is not to understand what stands at a path. */
export function levelAt(path: string): IssueLevel {
  return decisive.test(path) ? 'error' : 'warning'
}

function report(original: JsonValue | undefined, encoded: JsonValue | undefined, path: string, found: Difference[]): void {
  const isDefaultType = path === 'type' && original === undefined
  if (isDefaultType || harmless.test(path)) return
  const message =
    original === undefined ? `is absent, and taken as ${brief(encoded)}` : `${brief(original)} is not supported${instead(encoded)}`
  found.push({ path, message, level: original === undefined ? 'warning' : levelAt(path) })
}

function instead(encoded: JsonValue | undefined): string {
  return encoded === undefined ? '' : `, taken as ${brief(encoded)}`
}

function brief(value: JsonValue | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
