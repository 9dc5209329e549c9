/** Leaves out what an API server does not store: fields that are null and, when it is not asked to be strict, fields that a kind does not know. */
import type { Field, FieldType, ObjectType } from '../model/field-type.js'
import { isObject, takesNull } from './check-value.js'

/** @param field undefined when the kind does not know it. */
type IsKept = (field: Field | undefined, value: unknown) => boolean

/** @returns the very same value when there is nothing to leave out, or when it nests deeper than any recursion goes. */
export function pruned(type: ObjectType, value: unknown): unknown {
  return partOf(type, value, (field) => field !== undefined)
}

/** Null stands for an absent field, except where it has a meaning of its own. Entries of lists and maps stay. @returns as `pruned` */
export function withoutNulls(type: ObjectType, value: unknown): unknown {
  return partOf(type, value, (field, entry) => entry !== null || field === undefined || takesNull(field))
}

function partOf(type: ObjectType, value: unknown, isKept: IsKept): unknown {
  try {
    return keptOf(type, value, isKept)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    return value
  }
}

function keptOf(type: FieldType | undefined, value: unknown, isKept: IsKept): unknown {
  if (type?.kind === 'list' && Array.isArray(value)) return keptItems(type.items, value, isKept)
  if (type?.kind === 'map' && isObject(value)) return keptEntries(type.values, value, isKept)
  return type?.kind === 'object' && isObject(value) ? keptFields(type, value, isKept) : value
}

function keptItems(items: FieldType, value: readonly unknown[], isKept: IsKept): readonly unknown[] {
  const copy = value.map((entry) => keptOf(items, entry, isKept))
  return copy.every((entry, index) => entry === value[index]) ? value : copy
}

function keptEntries(values: FieldType, value: Mapping, isKept: IsKept): Mapping {
  const entries = Object.entries(value).map(([key, entry]): [string, unknown] => [key, keptOf(values, entry, isKept)])
  return entries.every(([key, kept]) => kept === value[key]) ? value : Object.fromEntries(entries)
}

function keptFields({ fields }: ObjectType, value: Mapping, isKept: IsKept): Mapping {
  const entries = Object.entries(value).flatMap(([key, entry]): readonly [string, unknown][] => {
    const field = fields.get(key)
    return isKept(field, entry) ? [[key, keptOf(field?.type, entry, isKept)]] : []
  })
  const isSame = entries.length === Object.keys(value).length && entries.every(([key, kept]) => kept === value[key])
  return isSame ? value : Object.fromEntries(entries)
}

type Mapping = Readonly<Record<string, unknown>>
