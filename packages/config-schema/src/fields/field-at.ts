/** Follows a path through the declarative types: which field stands there, and what it takes. */
import type { Field, FieldType, ObjectType } from '../model/field-model.js'
import type { FieldPath } from '../path.js'

export interface PlacedField {
  /** What stands at the path. */
  readonly type: FieldType
  /** The field whose value it is; absent for entries of lists and maps, and for the root. */
  readonly field?: Field
  /** The last name on the path that is a field, with the type it belongs to. */
  readonly name?: string
  readonly owner?: ObjectType
}

/** @returns undefined for a path that leads out of the type. */
export function fieldAt(root: ObjectType, path: FieldPath): PlacedField | undefined {
  let place: PlacedField = { type: root }
  for (const segment of path) {
    const next = step(place, segment)
    if (next === undefined) return undefined
    place = next
  }
  return place
}

function step({ type, name, owner }: PlacedField, segment: string | number): PlacedField | undefined {
  const named = name === undefined || owner === undefined ? {} : { name, owner }
  switch (type.kind) {
    case 'object': {
      const field = type.fields.get(String(segment))
      return field === undefined ? undefined : { type: field.type, field, name: String(segment), owner: type }
    }
    case 'list':
      return typeof segment === 'number' ? { type: type.items, ...named } : undefined
    case 'map':
      return { type: type.values, ...named }
    case 'any':
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'intOrString':
    case 'quantity':
      return undefined
  }
}
