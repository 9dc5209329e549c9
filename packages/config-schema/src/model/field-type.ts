/**
 * Writes down the declarative form. Validation walks it, and the zod schemas, the TypeScript types and the openAPIV3Schema of the CRDs
 * are made from it.
 */
import type { Field, FieldType, ListType, MapType, NumericType, ObjectType, OneOf, CelRule, OtherType, StringType } from './field-model.js'
import type { StringFormat } from './string-format.js'

export type { CelRule, Field, FieldType, ListType, MapType, NumericType, ObjectType, OneOf, OtherType, StringType } from './field-model.js'

/** A field that must be present. */
export function required(type: FieldType, doc?: string): Field {
  return doc === undefined ? { type, isRequired: true } : { type, isRequired: true, doc }
}

export function described(type: FieldType, doc: string): Field {
  return { type, doc }
}

export function object(
  name: string,
  fields: Readonly<Record<string, Field | FieldType>>,
  options: { readonly oneOf?: readonly OneOf[]; readonly doc?: string; readonly cel?: readonly CelRule[] } = {},
): ObjectType {
  const entries = Object.entries(fields).map(([key, value]): [string, Field] => [key, 'kind' in value ? { type: value } : value])
  return {
    kind: 'object',
    name,
    fields: new Map(entries),
    oneOf: options.oneOf ?? [],
    ...(options.doc === undefined ? {} : { doc: options.doc }),
    ...(options.cel === undefined ? {} : { cel: options.cel }),
  }
}

export function list(items: FieldType, limits: { readonly minItems?: number; readonly maxItems?: number } = {}): ListType {
  return { kind: 'list', items, ...limits }
}

export function map(values: FieldType, limits: Omit<MapType, 'kind' | 'values'> = {}): MapType {
  return { kind: 'map', values, ...limits }
}

export function text(format?: StringFormat, limits: Pick<StringType, 'minLength' | 'maxLength'> = {}): StringType {
  return format === undefined ? { kind: 'string', ...limits } : { kind: 'string', format, ...limits }
}

/** A text with at most that many characters and at least one. */
export function shortText(maxLength: number, format?: StringFormat): StringType {
  return text(format, { minLength: 1, maxLength })
}

export function oneWord(...values: readonly string[]): StringType {
  return { kind: 'string', values }
}

/** Words with what each of them means, in the order in which they are offered. */
export function describedWords(docs: Readonly<Record<string, string>>): StringType {
  return { kind: 'string', values: Object.keys(docs), valueDocs: docs }
}

export function integer(min: number, max: number): NumericType {
  return { kind: 'integer', min, max }
}

export function decimal(limits: Omit<NumericType, 'kind'> = {}): NumericType {
  return { kind: 'number', ...limits }
}

export const flag: OtherType = { kind: 'boolean' }
export const anything: OtherType = { kind: 'any' }
export const int32: NumericType = integer(-2_147_483_648, 2_147_483_647)
export const count32: NumericType = integer(0, 2_147_483_647)
export const uint32: NumericType = integer(0, 4_294_967_295)
export const port: NumericType = integer(1, 65_535)
export const duration: StringType = text('duration')

/** Of whichever form: those of the Gateway API have units, too. */
export function isDuration(type: FieldType): type is StringType {
  return type.kind === 'string' && type.format?.includes('duration') === true
}
/** `{ value: 12.5 }`, as Istio writes percentages. */
export const percent: ObjectType = object('Percent', { value: decimal() })
