/**
 * Makes a half-written resource safe to read through its type: what has another type is left out, and what is required and missing
 * is there but empty. Analysis runs on what people are still typing, and one misspelt field must not hide the rest.
 */
import type { FieldType, ObjectType } from '../model/field-type.js'

/** What JavaScript calls the values of each scalar type. */
const scalarTypes: Readonly<Record<'string' | 'integer' | 'number' | 'boolean' | 'intOrString', readonly string[]>> = {
  string: ['string'],
  integer: ['number'],
  number: ['number'],
  boolean: ['boolean'],
  intOrString: ['number', 'string'],
}

/** The value itself when nothing had to change. */
export function conform(type: ObjectType, value: unknown): unknown {
  return conformed(type, value) ?? emptyOf(type)
}

/** @returns undefined for what does not fit. */
function conformed(type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case 'object':
      return isRecord(value) ? conformedObject(type, value) : undefined
    case 'list':
      return conformedList(type.items, value)
    case 'map':
      return isRecord(value) ? conformedMap(type.values, value) : undefined
    case 'quantity':
    case 'any':
      return value ?? undefined
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'intOrString':
      return scalarTypes[type.kind].includes(typeof value) ? value : undefined
  }
}

function conformedObject(type: ObjectType, value: Readonly<Record<string, unknown>>): unknown {
  let copy: Record<string, unknown> | undefined
  for (const [key, entry] of Object.entries(value)) {
    const field = type.fields.get(key)
    if (field === undefined) continue
    const fitting = conformed(field.type, entry)
    if (fitting === entry) continue
    copy ??= { ...value }
    if (fitting === undefined) delete copy[key]
    else copy[key] = fitting
  }
  for (const [key, field] of type.fields) {
    if (field.isRequired !== true || (copy ?? value)[key] !== undefined) continue
    copy ??= { ...value }
    copy[key] = emptyOf(field.type)
  }
  return copy ?? value
}

function conformedList(type: FieldType, value: unknown): unknown {
  if (!Array.isArray(value)) return undefined
  const entries = value.map((entry: unknown) => conformed(type, entry) ?? emptyOf(type))
  return entries.every((entry, index) => entry === value[index]) ? value : entries
}

function conformedMap(type: FieldType, value: Readonly<Record<string, unknown>>): unknown {
  const entries = Object.entries(value).map(([key, entry]) => [key, conformed(type, entry)] as const)
  if (entries.every(([key, entry]) => entry === value[key])) return value
  return Object.fromEntries(entries.filter(([, entry]) => entry !== undefined))
}

function emptyOf(type: FieldType): unknown {
  switch (type.kind) {
    case 'object':
      return conformedObject(type, {})
    case 'list':
      return []
    case 'map':
    case 'any':
      return {}
    case 'integer':
    case 'number':
    case 'intOrString':
      return 0
    case 'boolean':
      return false
    case 'string':
    case 'quantity':
      return ''
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
