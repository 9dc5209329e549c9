/** The declarative form in which every resource kind is written down once. Plain data: no behaviour lives here. */
import type { StringFormat } from './string-format.js'

export interface StringType {
  readonly kind: 'string'
  readonly format?: StringFormat
  /** The only values allowed. */
  readonly values?: readonly string[]
  /** What each of them means, for editors and pages. */
  readonly valueDocs?: Readonly<Record<string, string>>
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
  /** Kubernetes' built-in types read null as absent without a word; of custom resources it is said. */
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
