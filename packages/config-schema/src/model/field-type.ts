/**
 * The declarative form in which every resource kind is written down once. Validation walks it, and the zod schemas, the
 * TypeScript types and the openAPIV3Schema of the CRDs are made from it. Plain data: no behaviour lives here.
 */
import type { StringFormat } from './string-format.js'

export interface StringType {
  readonly kind: 'string'
  readonly format?: StringFormat
  /** The only values allowed. */
  readonly values?: readonly string[]
  readonly minLength?: number
  readonly maxLength?: number
}

export interface NumericType {
  readonly kind: 'integer' | 'number'
  readonly min?: number
  readonly max?: number
  /** The smallest value is `min` itself unless this is set. */
  readonly exclusiveMin?: boolean
}

/** `any` takes whatever it is given; `quantity` and `intOrString` are Kubernetes' number-or-string types. */
export interface OtherType {
  readonly kind: 'boolean' | 'any' | 'intOrString' | 'quantity'
}

export interface ListType {
  readonly kind: 'list'
  readonly items: FieldType
  readonly minItems?: number
  readonly maxItems?: number
  /** Kubernetes' patch merge key of a list of objects. */
  readonly mergeKey?: string
  /** The fields that together name an entry (server-side apply). */
  readonly mapKeys?: readonly string[]
}

export interface MapType {
  readonly kind: 'map'
  readonly values: FieldType
  readonly keys?: StringFormat
  readonly minEntries?: number
  readonly maxEntries?: number
}

export interface OneOf {
  readonly fields: readonly string[]
  /** Exactly one must be set; otherwise at most one. */
  readonly isRequired?: boolean
}

/** A rule an API server can check by itself (Common Expression Language); `self` is the object. */
export interface CelRule {
  readonly rule: string
  readonly message: string
}

export interface ObjectType {
  readonly kind: 'object'
  readonly name: string
  readonly doc?: string
  readonly fields: ReadonlyMap<string, Field>
  readonly oneOf: readonly OneOf[]
  readonly cel?: readonly CelRule[]
  /** Kubernetes' built-in types read null as absent; custom resources refuse it. */
  readonly isNullAbsent?: boolean
}

export type FieldType = StringType | NumericType | OtherType | ListType | MapType | ObjectType

interface FieldOptions {
  readonly isRequired?: boolean
  readonly doc?: string
  /** The value that holds when the field is absent. */
  readonly default?: string | number | boolean
  /** What to use instead. */
  readonly deprecated?: string
  readonly isNullable?: boolean
}

export interface Field extends FieldOptions {
  readonly type: FieldType
}

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
/** `{ value: 12.5 }`, as Istio writes percentages. */
export const percent: ObjectType = object('Percent', { value: decimal() })
