/** The sentences of structural faults: what was found, what is expected, and what was probably meant. */
import { nearest } from '@heddle/base'
import {
  isDuration,
  type Field,
  type FieldType,
  type NumericType,
  type ObjectType,
  type OneOf,
  type StringType,
} from '../model/field-type.js'
import { formatRules } from '../model/string-format.js'
import { clip } from '../model/clip.js'
import type { Walk } from './check-value.js'
import { addFault } from './fault.js'
import { likelyWord } from './likely-word.js'
import { legacyFieldHint } from './legacy-fields.js'
import { placeOf } from './misplaced.js'

/** `a list of HTTPRoute`, `one of A, B`, `a whole number from 0 to 100`. */
function describeType(type: FieldType): string {
  switch (type.kind) {
    case 'object':
      return describeObject(type)
    case 'list':
      return `a list, each entry ${describeType(type.items)}`
    case 'map':
      return `a mapping from names to values, each ${describeType(type.values)}`
    case 'string':
      return describeString(type)
    case 'integer':
    case 'number':
      return describeNumber(type)
    case 'boolean':
      return 'true or false'
    case 'intOrString':
      return 'a number or a text'
    case 'quantity':
      return 'a quantity such as 100m or 128Mi'
    case 'any':
      return 'any value'
  }
}

function describeObject({ name, fields }: ObjectType): string {
  return fields.size > 8 ? `a mapping (${name})` : `a mapping with ${[...fields.keys()].join(', ')}`
}

function describeString(type: Extract<FieldType, { kind: 'string' }>): string {
  if (type.values !== undefined) return `one of ${type.values.filter((value) => value !== '').join(', ')}`
  return isDuration(type) ? 'a duration such as 5s' : 'a text'
}

function describeNumber(type: NumericType): string {
  const noun = type.kind === 'integer' ? 'a whole number' : 'a number'
  const { min, max } = type
  if (type.exclusiveMin === true) return `${noun} greater than ${min}`
  const isBounded = max !== undefined && max < 2_147_483_647
  if (min !== undefined && min >= 0 && isBounded) return `${noun} from ${min} to ${max}`
  return min !== undefined && min >= 0 ? `${noun} of at least ${min}` : noun
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value === 'string') return `the text ${JSON.stringify(clip(value))}`
  return typeof value === 'boolean' ? `the boolean ${value}` : `the number ${String(value as number)}`
}

/** A value that does not have the form of its kind, but would with its spaces left out, as in `5 s`. */
export function withoutSpaces(value: string, isFine: (value: string) => boolean): { readonly suggestion?: string } {
  const closed = value.replaceAll(/\s+/g, '')
  return closed !== value && closed !== '' && isFine(closed) ? { suggestion: closed } : {}
}

export function wrongType(walk: Walk, type: FieldType, value: unknown): void {
  walk.wrong.push({ path: [...walk.path], type })
  const expected = describeType(type)
  const suggestion = suggestValue(type, value)
  addFault(walk, {
    ruleId: 'wrong-type',
    message: `Expected ${expected}, but found ${describeValue(value)}.${quoteHint(type, value)}`,
    expected,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}

/** The value a person would type instead, where it can be told. */
function suggestValue(type: FieldType, value: unknown): string | undefined {
  if (isMissingUnit(type, value)) return `${value}s`
  if (needsQuotes(type, value)) return JSON.stringify(String(value))
  if (type.kind === 'object') return suggestMapping(type, value)
  if (type.kind === 'map') return joinedField(type, value)
  if (typeof value === 'string') return suggestUnquoted(type, value)
  return type.kind === 'list' && typeof value === 'number' ? `[${value}]` : undefined
}

/** Of larger mappings nobody can say which field was meant. */
const smallMapping = 6

/** `name:a` and `name a` are one text in YAML: what was meant is a field and its value. */
function joinedField(type: FieldType, value: unknown): string | undefined {
  if (typeof value !== 'string' || (type.kind !== 'object' && type.kind !== 'map')) return undefined
  const [, name = '', rest = ''] = /^([A-Za-z][\w./-]*)(?: *:| +)(\S.*)$/s.exec(value) ?? []
  const isField = type.kind === 'object' ? type.fields.has(name) : name !== ''
  return isField ? `${clip(name)}: ${clip(rest)}` : undefined
}

/** `80` where `{number: 80}` belongs: the first field that takes such a value. */
function suggestMapping(type: ObjectType, value: unknown): string | undefined {
  if (value === null || typeof value === 'object') return undefined
  const joined = joinedField(type, value)
  if (joined !== undefined) return joined
  const choice = typeof value === 'string' ? wordInMapping(type, value) : undefined
  if (choice !== undefined) return choice
  if (type.fields.size > smallMapping) return undefined
  for (const [name, { type: inner }] of type.fields) {
    const isString = inner.kind === 'string' && typeof value === 'string' && inner.values === undefined
    const isNumber = (inner.kind === 'integer' || inner.kind === 'number') && typeof value === 'number'
    if (isString || isNumber) return `{${name}: ${clip(String(value))}}`
  }
  return undefined
}

/** With the field that takes this very word: `{mode: STRICT}`. */
function wordInMapping(type: ObjectType, word: string): string | undefined {
  const found = [...type.fields].find(([, field]) => field.type.kind === 'string' && field.type.values?.includes(word) === true)
  return found === undefined || word === '' ? undefined : `{${found[0]}: ${word}}`
}

/** `-a` is a text; an entry of a list is `- a`. */
const joinedEntry = /^-[^\s-]/

/** Digits that a number can have without losing some. */
const longestNumber = 17

function suggestUnquoted(type: FieldType, value: string): string | undefined {
  if (type.kind === 'list' && joinedEntry.test(value)) return `- ${clip(value.slice(1))}`
  if (type.kind === 'list') return `[${/^[A-Za-z][\w./-]*$/.test(value) ? clip(value) : JSON.stringify(clip(value))}]`
  if (type.kind === 'boolean') return /^(?:true|false)$/i.test(value) ? value.toLowerCase() : undefined
  const number = value.length > longestNumber ? undefined : /^(-?\d+(?:\.\d+)?)%?$/.exec(value)?.[1]
  return type.kind === 'integer' || type.kind === 'number' ? number : undefined
}

function isMissingUnit(type: FieldType, value: unknown): value is number {
  return isDuration(type) && typeof value === 'number' && fitsFormat(type, `${value}s`)
}

function needsQuotes(type: FieldType, value: unknown): value is number | boolean {
  if (type.kind !== 'string' || (typeof value !== 'number' && typeof value !== 'boolean')) return false
  if (type.values !== undefined) return type.values.some((word) => word.toLowerCase() === String(value))
  return fitsFormat(type, String(value))
}

function fitsFormat({ format }: StringType, text: string): boolean {
  return format === undefined || formatRules[format].check(text) === undefined
}

function quoteHint(type: FieldType, value: unknown): string {
  if (isMissingUnit(type, value)) return ' Add the unit.'
  if (joinedField(type, value) !== undefined) return ' Between a field and its value stand a colon and a space.'
  if (needsQuotes(type, value)) return ' Put the value in quotes.'
  if (type.kind === 'list' && typeof value === 'string' && joinedEntry.test(value)) return ' A space must follow the dash.'
  if (typeof value === 'string' && suggestUnquoted(type, value) === value) return ' Write it without quotes.'
  return type.kind === 'list' && value !== null && typeof value === 'object' ? ' Begin each entry with "- ".' : ''
}

export function wrongWord(walk: Walk, values: readonly string[], value: string): void {
  const expected = `one of ${values.filter((word) => word !== '').join(', ')}`
  const suggestion = likelyWord(value, values)
  addFault(walk, {
    ruleId: 'bad-enum',
    message: `"${clip(value)}" is not allowed here; expected ${expected}.`,
    expected,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}

export function outOfRange(walk: Walk, type: NumericType, value: number): void {
  const expected = describeNumber(type)
  addFault(walk, { ruleId: 'out-of-range', message: `${value} is out of range; expected ${expected}.`, expected })
}

/** An API server leaves the field out, and then asks for it where it is required. */
export function nullValue(walk: Walk, key: string, { isRequired }: Field): void {
  const needed = `"${key}" has no value. Give it one: it is required.`
  const absent = `"${key}" has no value and counts as absent. Give it one, or remove the line.`
  const [severity, message] = isRequired === true ? (['error', needed] as const) : (['warning', absent] as const)
  addFault(walk, { ruleId: 'null-value', severity, message, part: 'key' }, key)
}

export function missingField(walk: Walk, type: ObjectType, key: string, field: Field): void {
  const expected = describeType(field.type)
  addFault(
    walk,
    {
      ruleId: 'missing-field',
      message: `The required field "${key}" is missing in ${type.name}; it takes ${expected}.`,
      expected,
      part: 'key',
    },
    key,
  )
}

export function checkOneOf(walk: Walk, group: OneOf, value: Readonly<Record<string, unknown>>): void {
  const set = group.fields.filter((name) => value[name] !== undefined && value[name] !== null)
  if (set.length > 1) {
    const message = `Only one of ${group.fields.join(', ')} may be set, but ${set.join(' and ')} are.`
    addFault(walk, { ruleId: 'one-of', message, expected: `one of ${group.fields.join(', ')}`, part: 'key' }, set[1] as string)
  } else if (set.length === 0 && group.isRequired === true) {
    addFault(walk, {
      ruleId: 'one-of',
      message: `One of ${group.fields.join(', ')} must be set.`,
      expected: `one of ${group.fields.join(', ')}`,
    })
  }
}

export function unknownField(walk: Walk, type: ObjectType, key: string, value: unknown): void {
  const { name: glued, sentence: legacy } = gluedField(key, value, type) ?? { sentence: legacyFieldHint(type.name, key) }
  const suggestion = legacy === '' ? likelyField(key, value, type) : undefined
  const place = suggestion === undefined && legacy === '' ? placeOf(walk, type, key) : undefined
  const explained = suggestion ?? glued ?? place?.under
  addFault(
    walk,
    {
      ruleId: 'unknown-field',
      message: `"${clip(key)}" is not a field of ${type.name}.${place?.sentence ?? legacy}${lookalike(key)}`,
      part: 'key',
      ...(type.fields.size > 20 ? {} : { expected: `one of the fields ${[...type.fields.keys()].join(', ')}` }),
      ...(suggestion === undefined ? {} : { suggestion }),
      ...(explained === undefined ? {} : { explains: [explained] }),
      ...(place === undefined ? {} : { ...place.consequences, because: place.sentence }),
    },
    key,
  )
}

/** A likely name that cannot hold the value comes second. */
function likelyField(key: string, value: unknown, type: ObjectType): string | undefined {
  const fitting = [...type.fields].filter(([, field]) => fits(field.type, value)).map(([name]) => name)
  return nearest(key, fitting) ?? nearest(key, type.fields.keys()) ?? lastWord(key, type)
}

/** What fell in front of a field, such as a list mark that lost its shape, does not hide the field. */
function lastWord(key: string, type: ObjectType): string | undefined {
  const word = /\s(\S{1,60})$/.exec(key)?.[1]
  return word !== undefined && type.fields.has(word) ? word : undefined
}

/** `{name:a}` is one word, as `ports:[80]` and `{name a}` are. */
function gluedField(key: string, value: unknown, type: ObjectType): { readonly name?: string; readonly sentence: string } | undefined {
  if (joinedEntry.test(key)) return { sentence: ' A space must follow the dash of an entry of a list.' }
  const [, name, sign] = /^(\w{1,60})(:| +\S)/.exec(key) ?? []
  if (name === undefined || !type.fields.has(name)) return undefined
  if (sign === ':') return { name, sentence: ` A space is missing after the colon of "${name}:".` }
  return value === null ? { name, sentence: ` A colon is missing after "${name}".` } : undefined
}

/** Letters of other alphabets that look like Latin ones: nobody sees the difference, so it is said. */
function lookalike(key: string): string {
  const strange = /[^\0-\x7F]/u.exec(key)?.[0]
  const code = strange?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
  return code === undefined ? '' : ` It holds the character U+${code}, which may only look like a plain letter.`
}

/** Whether a value could stand in a field of this type at all. */
function fits(type: FieldType, value: unknown): boolean {
  if (type.kind === 'list') return Array.isArray(value)
  if (type.kind === 'object' || type.kind === 'map') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value !== 'object'
}
