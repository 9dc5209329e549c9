/**
 * Turns a composed YAML node into plain JSON values and refuses what must not get further: duplicate keys, keys that would
 * reach an object's prototype, unknown tags, circular aliases and aliases that unfold into more nodes than a manifest has.
 */
import { isAlias, isMap, isScalar, isSeq, Scalar, type Alias, type Node, type Pair, type YAMLMap } from 'yaml'
import { clip } from '../model/clip.js'
import { loneSurrogate } from './input-guard.js'
import { plainScalar, type ScalarValue } from './plain-scalar.js'

interface YamlFault {
  readonly ruleId: string
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** Offsets in the text. */
  readonly range: readonly [number, number]
  readonly suggestion?: string
}

export interface Conversion {
  readonly value: unknown
  readonly faults: readonly YamlFault[]
}

/** Nodes that aliases may add to one document; real manifests have a few dozen. */
const aliasNodeLimit = 10_000
const maxFaults = 20

/** What each alias stands for: known while converting, asked for when a position inside it is wanted. */
export const aliasTargets: WeakMap<Node, Node> = new WeakMap()

interface Walk {
  readonly faults: YamlFault[]
  readonly anchors: Map<string, Node>
  /** Anchored nodes being converted now: an alias to one of them is circular. */
  readonly open: Set<Node>
  aliasNodes: number
  aliasDepth: number
  isAborted: boolean
}

export function toValue(node: Node | null): Conversion {
  const walk: Walk = { faults: [], anchors: new Map(), open: new Set(), aliasNodes: 0, aliasDepth: 0, isAborted: false }
  const value = node === null ? null : convert(node, walk)
  return { value, faults: walk.faults }
}

function convert(node: unknown, walk: Walk): unknown {
  if (walk.isAborted) return null
  if (walk.aliasDepth > 0 && ++walk.aliasNodes > aliasNodeLimit) return abort(walk, node)
  if (isAlias(node)) return convertAlias(node, walk)
  if (isScalar(node)) return anchored(node, walk, () => scalarValue(node, walk))
  if (isMap(node)) return anchored(node, walk, () => convertMap(node, walk))
  if (isSeq(node)) return anchored(node, walk, () => node.items.map((item) => trailingColon(item) ?? convert(item, walk)))
  return null
}

/**
 * `[fd00::]`: YAML 1.2 reads a mapping whose key is `fd00:`, kubectl the text itself, since no space follows the colon.
 * A mapping without braces begins where its key does; without a space its absent value begins right behind the colon.
 */
function trailingColon(item: unknown): string | undefined {
  if (!isMap(item) || item.flow !== true || item.items.length !== 1) return undefined
  const { key, value } = item.items[0] as Pair
  if (!isScalar(key) || key.type !== Scalar.PLAIN || startOf(item) !== startOf(key)) return undefined
  const isAbsent = isScalar(value) && !value.tag && startOf(value) === value.range?.[1]
  return isAbsent && startOf(value) === (key.range?.[1] ?? 0) + 1 ? `${String(key.value)}:` : undefined
}

function startOf(node: Node): number | undefined {
  return node.range?.[0]
}

function anchored<T>(node: Node & { anchor?: string | undefined }, walk: Walk, make: () => T): T {
  if (node.anchor === undefined || node.anchor === '') return make()
  if (walk.aliasDepth === 0) walk.anchors.set(node.anchor, node)
  walk.open.add(node)
  const value = make()
  walk.open.delete(node)
  return value
}

function convertAlias(alias: Alias, walk: Walk): unknown {
  const target = walk.anchors.get(alias.source)
  if (target === undefined || walk.open.has(target)) {
    report(walk, alias, { ruleId: 'yaml-bad-alias', message: aliasProblem(alias.source, target !== undefined) })
    return null
  }
  aliasTargets.set(alias, target)
  walk.aliasDepth++
  const value = convert(target, walk)
  walk.aliasDepth--
  return value
}

function aliasProblem(name: string, isCircular: boolean): string {
  const quoted = `"*${clip(name)}"`
  if (isCircular) return `The alias ${quoted} stands inside the very value it repeats.`
  if (name.startsWith('.')) return `A value that begins with "*" must be quoted; write ${quoted} with its quotes.`
  return `The alias ${quoted} has no anchor of this name before it; if a plain value was meant, put it in quotes.`
}

function abort(walk: Walk, node: unknown): null {
  walk.isAborted = true
  report(walk, node as Node, {
    ruleId: 'yaml-alias-bomb',
    message: `The aliases of this document unfold into more than ${aliasNodeLimit} values; write the values out or split the file.`,
  })
  return null
}

function scalarValue(node: Scalar, walk: Walk): ScalarValue {
  const text = textOf(node, walk)
  const tag = node.tag
  if (tag === undefined || tag === '') return node.type === Scalar.PLAIN || node.type === undefined ? plainScalar(text) : text
  switch (tag) {
    case '!':
    case 'tag:yaml.org,2002:str':
    case 'tag:yaml.org,2002:binary':
    case 'tag:yaml.org,2002:timestamp':
      return text
    case 'tag:yaml.org,2002:int':
    case 'tag:yaml.org,2002:float':
    case 'tag:yaml.org,2002:bool':
    case 'tag:yaml.org,2002:null':
      return plainScalar(text)
    default:
      report(walk, node, {
        ruleId: 'yaml-unknown-tag',
        message: `The tag "${clip(tag)}" has no meaning in a Kubernetes manifest; remove it.`,
      })
      return text
  }
}

function textOf(node: Scalar, walk: Walk): string {
  const text = typeof node.value === 'string' ? node.value : ''
  if (node.type === Scalar.QUOTE_DOUBLE && loneSurrogate.test(text)) reportSurrogate(walk, node)
  return text
}

/** Characters beyond U+FFFF are two halves in the escapes of JSON; readers in other languages refuse one alone, or put another in its place. */
function reportSurrogate(walk: Walk, node: Scalar): void {
  const message = 'An escape in this text is half of a character (U+D800 to U+DFFF); write both halves, or the character itself.'
  report(walk, node, { ruleId: 'yaml-control-character', message })
}

function convertMap(map: YAMLMap, walk: Walk): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  const merged: Record<string, unknown>[] = []
  const seen = new Set<string>()
  const twice: DuplicateKey[] = []
  for (const pair of map.items) {
    if (isMergeKey(pair)) {
      merged.push(...mergeSources(convert(pair.value, walk), pair, walk))
      continue
    }
    const key = keyText(pair, walk)
    if (key === undefined) continue
    if (seen.has(key)) {
      twice.push({ pair, key })
      continue
    }
    seen.add(key)
    result[key] = pair.value === null ? null : convert(pair.value, walk)
  }
  reportDuplicates(walk, twice)
  for (const source of merged) for (const [key, value] of Object.entries(source)) if (!Object.hasOwn(result, key)) result[key] = value
  return result
}

interface DuplicateKey {
  readonly pair: Pair
  readonly key: string
}

/** Two resources without a line between them are one mistake, whichever of their fields meet. */
function reportDuplicates(walk: Walk, duplicates: readonly DuplicateKey[]): void {
  const next = duplicates.find(({ key }) => key === 'apiVersion')
  if (next !== undefined && duplicates.some(({ key }) => key === 'kind')) {
    const message = 'A second resource begins in the same document; a line "---" is missing before it.'
    return report(walk, next.pair.key as Node, { ruleId: 'yaml-duplicate-key', message })
  }
  for (const { pair, key } of duplicates)
    report(walk, pair.key as Node, {
      ruleId: 'yaml-duplicate-key',
      message: `The key "${clip(key)}" stands twice in the same mapping; keep one of them.`,
    })
}

export function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.value === '<<' && (pair.key.type === Scalar.PLAIN || pair.key.type === undefined)
}

function mergeSources(value: unknown, pair: Pair, walk: Walk): Record<string, unknown>[] {
  if (walk.isAborted) return []
  const sources = Array.isArray(value) ? value : [value]
  if (sources.every((source) => typeof source === 'object' && source !== null && !Array.isArray(source)))
    return sources as Record<string, unknown>[]
  report(walk, pair.key as Node, { ruleId: 'yaml-bad-merge', message: 'The merge key "<<" takes a mapping, or a list of mappings.' })
  return []
}

function isEmpty(key: unknown): boolean {
  return key === null || (isScalar(key) && (key.source ?? '') === '')
}

/** Keys are strings in JSON: `80:` becomes "80", as kubectl does. */
function keyText(pair: Pair, walk: Walk): string | undefined {
  const key = pair.key
  const value = isAlias(key) ? convert(key, walk) : isScalar(key) ? scalarValue(key, walk) : undefined
  if (value === undefined || value === null || typeof value === 'object') {
    const node = (key ?? pair.value) as Node
    const message = isEmpty(key) ? 'There is no key before this colon.' : 'A key must be a single word or number.'
    report(walk, node, { ruleId: 'yaml-bad-key', message })
    return undefined
  }
  const text = String(value as ScalarValue)
  if (text !== '__proto__') return text
  report(walk, key as Node, {
    ruleId: 'yaml-forbidden-key',
    message: `The key "${text}" is refused: no Kubernetes field or label has this name.`,
  })
  return undefined
}

function report(walk: Walk, node: Node | null, fault: { readonly ruleId: string; readonly message: string }): void {
  if (walk.faults.length >= maxFaults) return
  const range = node?.range
  walk.faults.push({ severity: 'error', ...fault, range: [range?.[0] ?? 0, range?.[1] ?? 0] })
}
