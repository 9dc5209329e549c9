/** From a field path to its place in the text: walks the composed YAML once per question, through aliases and merge keys. */
import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, type YAMLMap } from 'yaml'
import type { SourceRange } from '../diagnostic.js'
import type { FieldPath } from '../path.js'
import { aliasTargets, isMergeKey } from './to-value.js'
import { plainScalar } from './plain-scalar.js'

/** `key` points at the name of a field, `value` at what it holds. */
export type FieldPart = 'key' | 'value'

interface Place {
  readonly node: Node | null
  readonly key: Node | null
}

/** The range of the deepest part of the path that exists, so that a missing field points at the mapping that lacks it. */
export function rangeOf(root: Node | null, path: FieldPath, part: FieldPart, lines: LineCounter): SourceRange {
  let place: Place = { node: root, key: null }
  let isWhole = true
  for (const segment of path) {
    const next = step(place.node, segment)
    if (next === undefined) {
      isWhole = false
      break
    }
    place = next
  }
  const target = (part === 'key' || !isWhole ? place.key : undefined) ?? scalarOrKey(place)
  return toRange(target?.range?.[0] ?? 0, target?.range?.[1] ?? 0, lines)
}

export function scalarText(root: Node | null, path: FieldPath): string | undefined {
  let node: Node | null | undefined = root
  for (const segment of path) node = step(node ?? null, segment)?.node
  const target = isAlias(node) ? aliasTargets.get(node) : node
  return isScalar(target) && typeof target.value === 'string' ? target.value : undefined
}

/** A block that spans lines would underline half the file: then its key stands for it. */
function scalarOrKey(place: Place): Node | null {
  if (place.node === null) return place.key
  if (isScalar(place.node) && place.node.range?.[0] === place.node.range?.[1]) return place.key ?? place.node
  return place.node
}

export function toRange(start: number, end: number, lines: LineCounter): SourceRange {
  const from = lines.linePos(start)
  const to = lines.linePos(Math.max(start, end))
  return { line: Math.max(1, from.line), column: Math.max(1, from.col), endLine: Math.max(1, to.line), endColumn: Math.max(1, to.col) }
}

function step(node: Node | null, segment: string | number, depth = 0): Place | undefined {
  if (depth > 20) return undefined
  if (isAlias(node)) return step(aliasTargets.get(node) ?? null, segment, depth + 1)
  if (isSeq(node)) {
    const item = node.items[segment as number]
    return item === undefined ? undefined : { node: item as Node | null, key: null }
  }
  if (!isMap(node)) return undefined
  const pair = node.items.find((candidate) => keyIs(candidate, String(segment)))
  if (pair) return { node: pair.value as Node | null, key: pair.key as Node | null }
  return stepMerged(node, segment, depth)
}

function stepMerged(map: YAMLMap, segment: string | number, depth: number): Place | undefined {
  for (const pair of map.items) {
    if (!isMergeKey(pair)) continue
    const value = pair.value as Node | null
    for (const source of isSeq(value) ? value.items : [value]) {
      const found = step(source as Node | null, segment, depth + 1)
      if (found) return found
    }
  }
  return undefined
}

function keyIs(pair: Pair, name: string): boolean {
  const key = pair.key
  if (!isScalar(key)) return false
  return key.value === name || (key.type === 'PLAIN' && String(plainScalar(String(key.value))) === name)
}
