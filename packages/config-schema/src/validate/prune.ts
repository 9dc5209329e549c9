/** Leaves out fields that a kind does not know, as an API server does when it is not asked to be strict. */
import type { FieldType, ObjectType } from '../model/field-type.js'
import { isObject } from './check-value.js'

/** @returns the very same value when there is nothing to leave out, or when it nests deeper than any recursion goes. */
export function pruned(type: ObjectType, value: unknown): unknown {
  try {
    return prunedValue(type, value)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    return value
  }
}

function prunedValue(type: FieldType, value: unknown): unknown {
  if (type.kind === 'list' && Array.isArray(value)) return prunedList(type.items, value)
  if (type.kind === 'map' && isObject(value)) return prunedEntries(value, () => type.values)
  return type.kind === 'object' && isObject(value) ? prunedObject(type, value) : value
}

function prunedList(items: FieldType, value: readonly unknown[]): readonly unknown[] {
  const copy = value.map((entry) => prunedValue(items, entry))
  return copy.every((entry, index) => entry === value[index]) ? value : copy
}

function prunedObject(type: ObjectType, value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return prunedEntries(value, (key) => type.fields.get(key)?.type)
}

function prunedEntries(
  value: Readonly<Record<string, unknown>>,
  typeOf: (key: string) => FieldType | undefined,
): Readonly<Record<string, unknown>> {
  let isSame = true
  const copy: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value)) {
    const type = typeOf(key)
    const kept = type === undefined ? undefined : prunedValue(type, entry)
    isSame &&= kept === entry && type !== undefined
    if (type !== undefined) copy[key] = kept
  }
  return isSame ? value : copy
}
