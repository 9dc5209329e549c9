/**
 * Walks a value and its declarative type side by side and collects what does not fit: unknown and missing fields, wrong types,
 * values outside their set, range or syntax. The hot path of validation, so nothing is allocated while all is well.
 */
import { regexCost, regexStateLimit } from '../model/regex-cost.js'
import { formatRules } from '../model/string-format.js'
import type { Field, FieldType, ListType, MapType, NumericType, ObjectType, StringType } from '../model/field-type.js'
import type { PathSegment } from '../path.js'
import { addFault, type Fault, type FaultList } from './fault.js'
import type { WrongValue } from './repair.js'
import { checkOneOf, missingField, nullValue, outOfRange, unknownField, withoutSpaces, wrongType, wrongWord } from './messages.js'

export interface Walk extends FaultList {
  readonly faults: Fault[]
  readonly path: PathSegment[]
  /** Types of the mappings around the current one, outermost first. */
  readonly around: ObjectType[]
  /** How long the path of each of them is. */
  readonly depths: number[]
  /** Values of the wrong type: rules that read typed values need a copy without them. */
  readonly wrong: WrongValue[]
  /** A null that stands for an absent field was met: rules need a copy without it. */
  hasNull: boolean
  /** An injected RE2 engine that throws on a bad expression. */
  readonly compileRegex: ((expression: string) => unknown) | undefined
  /** States that the expressions so far unfold into. */
  regexStates: number
}

export function checkValue(type: FieldType, value: unknown, walk: Walk): void {
  switch (type.kind) {
    case 'object':
      return checkObject(type, value, walk)
    case 'list':
      return checkList(type, value, walk)
    case 'map':
      return checkMap(type, value, walk)
    case 'string':
      return checkString(type, value, walk)
    case 'integer':
    case 'number':
      return checkNumber(type, value, walk)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrongType(walk, type, value)
    case 'intOrString':
      return typeof value === 'string' || Number.isInteger(value) ? undefined : wrongType(walk, type, value)
    case 'quantity':
      return checkQuantity(type, value, walk)
    case 'any':
      return undefined
  }
}

function checkObject(type: ObjectType, value: unknown, walk: Walk): void {
  if (!isObject(value)) return wrongType(walk, type, value)
  walk.around.push(type)
  walk.depths.push(walk.path.length)
  for (const key in value) {
    const entry = value[key]
    if (entry === undefined) continue
    const field = type.fields.get(key)
    if (field === undefined) {
      unknownField(walk, type, key, entry)
      continue
    }
    if (entry === null) {
      walk.hasNull = true
      if (type.isNullAbsent !== true && !takesNull(field)) nullValue(walk, key, field)
      continue
    }
    walk.path.push(key)
    if (field.deprecated !== undefined) deprecated(walk, key, field.deprecated)
    checkValue(field.type, entry, walk)
    walk.path.pop()
  }
  for (const [key, field] of type.fields) {
    if (field.isRequired === true && isMissing(type, value[key])) missingField(walk, type, key, field)
  }
  for (const group of type.oneOf) checkOneOf(walk, group, value)
  walk.around.pop()
  walk.depths.pop()
}

export function takesNull({ isNullable, type }: Field): boolean {
  return isNullable === true || type.kind === 'any'
}

/** A null has been reported by its own name, except where it is usual. */
function isMissing(type: ObjectType, value: unknown): boolean {
  return value === undefined || (value === null && type.isNullAbsent === true)
}

function deprecated(walk: Walk, key: string, instead: string): void {
  const message = `"${key}" is deprecated: ${instead.includes(' ') ? instead : `use "${instead}"`}.`
  addFault(walk, { ruleId: 'deprecated-field', severity: 'warning', message, part: 'key' })
}

function checkList(type: ListType, value: unknown, walk: Walk): void {
  if (!Array.isArray(value)) return wrongType(walk, type, value)
  if (type.minItems !== undefined && value.length < type.minItems)
    addFault(walk, { ruleId: 'list-size', message: `The list needs at least ${type.minItems} entries.` })
  if (type.maxItems !== undefined && value.length > type.maxItems) {
    addFault(walk, { ruleId: 'list-size', message: `The list has ${value.length} entries; at most ${type.maxItems} are allowed.` })
  }
  const depth = walk.path.length
  for (let index = 0; index < value.length; index++) {
    walk.path[depth] = index
    if (value[index] === null) wrongType(walk, type.items, null)
    else checkValue(type.items, value[index], walk)
  }
  walk.path.length = depth
}

function checkMap(type: MapType, value: unknown, walk: Walk): void {
  if (!isObject(value)) return wrongType(walk, type, value)
  let entries = 0
  for (const key in value) {
    entries++
    walk.path.push(key)
    if (type.keys !== undefined) checkKey(type.keys, key, walk)
    // Kubernetes reads null in a map of strings as the empty string; custom resources refuse it like any other null.
    if (value[key] !== null && value[key] !== undefined) checkValue(type.values, value[key], walk)
    else {
      walk.hasNull = true
      if (type.values.kind !== 'any') checkNullEntry(walk, type)
    }
    walk.path.pop()
  }
  if (type.minEntries !== undefined && entries < type.minEntries)
    addFault(walk, { ruleId: 'map-size', message: `At least ${type.minEntries} entry is needed.` })
  if (type.maxEntries !== undefined && entries > type.maxEntries)
    addFault(walk, { ruleId: 'map-size', message: `At most ${type.maxEntries} entries are allowed.` })
}

function checkNullEntry(walk: Walk, type: MapType): void {
  if (walk.around.at(-1)?.isNullAbsent !== true) wrongType(walk, type.values, null)
}

function checkKey(format: NonNullable<MapType['keys']>, key: string, walk: Walk): void {
  const rule = formatRules[format]
  const problem = rule.check(key)
  if (problem !== undefined)
    addFault(walk, { ruleId: rule.ruleId, message: sentence(problem, rule.expected), expected: rule.expected, part: 'key' })
}

function checkString(type: StringType, value: unknown, walk: Walk): void {
  if (typeof value !== 'string') return wrongType(walk, type, value)
  if (type.values !== undefined && !type.values.includes(value)) return wrongWord(walk, type.values, value)
  if (type.format !== undefined) checkFormat(type.format, value, walk)
  if (type.minLength !== undefined && value.length < type.minLength)
    addFault(walk, { ruleId: 'text-length', message: 'The value is empty.' })
  if (type.maxLength !== undefined && value.length > type.maxLength) {
    addFault(walk, { ruleId: 'text-length', message: `The value is longer than ${type.maxLength} characters.` })
  }
}

function checkFormat(format: NonNullable<StringType['format']>, value: string, walk: Walk): void {
  const rule = formatRules[format]
  const problem = rule.check(value) ?? (format === 'regex' && value !== '*' ? compileProblem(value, walk) : undefined)
  if (problem === undefined) return
  const suggestion = withoutSpaces(value, (closed) => format !== 'regex' && rule.check(closed) === undefined)
  addFault(walk, { ruleId: rule.ruleId, message: sentence(problem, rule.expected), expected: rule.expected, ...suggestion })
}

function compileProblem(value: string, walk: Walk): string | undefined {
  // Said once of the document.
  if (walk.compileRegex === undefined || walk.regexStates > regexStateLimit) return undefined
  walk.regexStates += regexCost(value)
  if (walk.regexStates > regexStateLimit) return 'the expressions of this document repeat so much that proxies would need too much memory'
  try {
    walk.compileRegex(value)
    return undefined
  } catch (cause) {
    return `this is not an RE2 expression (${cause instanceof Error ? cause.message : String(cause)})`
  }
}

function sentence(problem: string, expected: string): string {
  return `${problem.charAt(0).toUpperCase()}${problem.slice(1)}; expected ${expected}.`
}

function checkNumber(type: NumericType, value: unknown, walk: Walk): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || (type.kind === 'integer' && !Number.isInteger(value)))
    return wrongType(walk, type, value)
  const tooSmall = type.min !== undefined && (type.exclusiveMin === true ? value <= type.min : value < type.min)
  if (tooSmall || (type.max !== undefined && value > type.max)) outOfRange(walk, type, value)
}

function checkQuantity(type: FieldType, value: unknown, walk: Walk): void {
  if (typeof value === 'number' && Number.isFinite(value)) return
  if (typeof value !== 'string') return wrongType(walk, type, value)
  checkFormat('quantity', value, walk)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
