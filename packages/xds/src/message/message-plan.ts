/** What the reader and the writer need to know of a message's fields, worked out once for each type. */
import { type DescField, type DescMessage, type JsonValue, ScalarType } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { type ScalarCodec, scalarCodec } from './scalar-codec.js'

export interface MessagePlan {
  readonly typeName: string
  readonly form: Form
  /** By number, as they are written. */
  readonly fields: readonly FieldPlan[]
  readonly byNumber: ReadonlyMap<number, FieldPlan>
}

/** Types with a JSON form of their own. */
export type Form = 'message' | 'any' | 'duration' | 'struct' | 'wrapper'

export interface FieldPlan {
  readonly number: number
  readonly jsonName: string
  readonly shape: 'single' | 'list' | 'map'
  readonly value: ValuePlan
  /** In JSON; never written, and absent. Undefined for fields with presence, which may hold their default. */
  readonly implicitDefault: JsonValue | undefined
  /** JSON names of the other fields of the same oneof. */
  readonly siblings: readonly string[]
}

export type ValuePlan =
  | { readonly kind: 'scalar'; readonly scalar: ScalarCodec }
  | EnumPlan
  | { readonly kind: 'message'; readonly message: DescMessage }

export interface EnumPlan {
  readonly kind: 'enum'
  readonly names: ReadonlyMap<number, string>
  readonly numbers: ReadonlyMap<string, number>
}

const plans = new Map<DescMessage, MessagePlan>()

export function planOf(message: DescMessage): MessagePlan {
  const known = plans.get(message)
  if (known !== undefined) return known
  const fields = message.fields.map(planField).toSorted((a, b) => a.number - b.number)
  const plan = {
    typeName: message.typeName,
    form: formOf(message.typeName),
    fields,
    byNumber: new Map(fields.map((field) => [field.number, field])),
  }
  plans.set(message, plan)
  return plan
}

function formOf(typeName: string): Form {
  if (typeName === 'google.protobuf.Any') return 'any'
  if (typeName === 'google.protobuf.Duration') return 'duration'
  if (typeName === 'google.protobuf.Struct') return 'struct'
  return /^google\.protobuf\.\w+Value$/.test(typeName) ? 'wrapper' : 'message'
}

function planField(field: DescField): FieldPlan {
  const value = planValue(field)
  return {
    number: field.number,
    jsonName: field.jsonName,
    shape: field.fieldKind === 'list' || field.fieldKind === 'map' ? field.fieldKind : 'single',
    value,
    implicitDefault: field.presence === FeatureSet_FieldPresence.IMPLICIT ? defaultOf(value) : undefined,
    siblings: (field.oneof?.fields ?? []).filter((other) => other !== field).map(({ jsonName }) => jsonName),
  }
}

function planValue(field: DescField): ValuePlan {
  if (field.message !== undefined) return { kind: 'message', message: field.message }
  if (field.enum !== undefined) {
    const values = field.enum.values
    return {
      kind: 'enum',
      names: new Map(values.map(({ number, name }) => [number, name])),
      numbers: new Map(values.map(({ number, name }) => [name, number])),
    }
  }
  return { kind: 'scalar', scalar: scalarCodec(field.scalar ?? ScalarType.STRING) }
}

function defaultOf(value: ValuePlan): JsonValue | undefined {
  if (value.kind === 'scalar') return value.scalar.zero
  return value.kind === 'enum' ? value.names.get(0) : undefined
}
