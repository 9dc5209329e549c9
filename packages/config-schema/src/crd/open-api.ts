/** Turns the declarative types into Kubernetes' structural schemas (openAPIV3Schema), so that the API server checks them too. */
import type { CelRule, Field, FieldType, ListType, MapType, NumericType, ObjectType, OneOf, StringType } from '../model/field-type.js'
import { formatRules } from '../model/string-format.js'

/** The part of JSONSchemaProps that is used here. */
export interface OpenApiSchema {
  readonly type?: string
  readonly format?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, OpenApiSchema>>
  readonly required?: readonly string[]
  readonly items?: OpenApiSchema
  readonly additionalProperties?: OpenApiSchema
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly nullable?: boolean
  readonly default?: string | number | boolean
  readonly not?: OpenApiSchema
  readonly anyOf?: readonly OpenApiSchema[]
  readonly oneOf?: readonly OpenApiSchema[]
  readonly allOf?: readonly OpenApiSchema[]
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-validations'?: readonly CelRule[]
}

export const anyObject: OpenApiSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

export interface SchemaContext {
  /** Whether the API server writes defaults into stored objects, as it does for the Gateway API. Default: false. */
  readonly storesDefaults?: boolean
  /** Lists around the value. An API server adds up what rules may cost, and multiplies by the lists they stand in. Default: 0. */
  readonly listDepth?: number
}

export function openApiSchema(type: FieldType, context: SchemaContext = {}): OpenApiSchema {
  switch (type.kind) {
    case 'object':
      return objectSchema(type, context)
    case 'list':
      return listSchema(type, context)
    case 'map':
      return mapSchema(type, context)
    case 'string':
      return stringSchema(type, context)
    case 'integer':
    case 'number':
      return numericSchema(type)
    case 'boolean':
      return { type: 'boolean' }
    case 'intOrString':
    case 'quantity':
      return { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }
    case 'any':
      return { 'x-kubernetes-preserve-unknown-fields': true }
  }
}

function objectSchema(type: ObjectType, context: SchemaContext): OpenApiSchema {
  const required = [...type.fields].filter(([, field]) => field.isRequired === true).map(([name]) => name)
  return defined({
    type: 'object',
    description: type.doc,
    properties: Object.fromEntries([...type.fields].map(([name, field]) => [name, fieldSchema(field, context)])),
    required: required.length === 0 ? undefined : required,
    ...oneOfSchema(type.oneOf),
    'x-kubernetes-validations': type.cel,
  })
}

/** What Istio's own definitions ask of durations; an expression cannot compare them. */
const longEnough: CelRule = { rule: "duration(self) >= duration('1ms')", message: 'must be a valid duration greater than 1ms' }

/** Deeper than one list the rule would cost too much: there only the syntax is checked. */
const deepestRule = 1
const durationPattern = String.raw`^([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))*$`

function stringSchema({ values, format, minLength, maxLength }: StringType, { listDepth = 0 }: SchemaContext): OpenApiSchema {
  const isRuled = format === 'duration' && listDepth <= deepestRule
  return defined({
    type: 'string',
    enum: values,
    pattern: format === 'duration' && !isRuled ? durationPattern : format && formatRules[format].pattern,
    minLength,
    maxLength,
    'x-kubernetes-validations': isRuled ? [longEnough] : undefined,
  })
}

function fieldSchema(field: Field, context: SchemaContext): OpenApiSchema {
  return defined({
    ...openApiSchema(field.type, context),
    description: description(field),
    nullable: field.isNullable,
    default: context.storesDefaults === true ? field.default : undefined,
  })
}

function description(field: Field): string | undefined {
  const deprecated = field.deprecated === undefined ? undefined : `Deprecated: use ${field.deprecated}.`
  const text = [field.doc, deprecated].filter((part) => part !== undefined).join(' ')
  return text === '' ? undefined : text
}

/** None of the fields, or exactly one; a structural schema allows only `required` inside `oneOf`. */
function oneOfSchema(groups: readonly OneOf[]): OpenApiSchema {
  const schemas = groups.map(({ fields, isRequired }): OpenApiSchema => {
    const each = fields.map((name): OpenApiSchema => ({ required: [name] }))
    return { oneOf: isRequired === true ? each : [{ not: { anyOf: each } }, ...each] }
  })
  return schemas.length > 1 ? { allOf: schemas } : (schemas[0] ?? {})
}

function listSchema(type: ListType, context: SchemaContext): OpenApiSchema {
  return defined({
    type: 'array',
    items: openApiSchema(type.items, { ...context, listDepth: (context.listDepth ?? 0) + 1 }),
    minItems: type.minItems,
    maxItems: type.maxItems,
  })
}

function mapSchema(type: MapType, context: SchemaContext): OpenApiSchema {
  const { minEntries, maxEntries } = type
  return defined({
    type: 'object',
    additionalProperties: openApiSchema(type.values, context),
    minProperties: minEntries,
    maxProperties: maxEntries,
  })
}

function numericSchema({ kind, min, max, exclusiveMin }: NumericType): OpenApiSchema {
  const isInt32 = kind === 'integer' && max === 2_147_483_647
  return defined({
    type: kind,
    format: isInt32 ? 'int32' : kind === 'number' ? 'double' : undefined,
    minimum: min === undefined || min < -1_000_000 ? undefined : min,
    exclusiveMinimum: exclusiveMin,
    maximum: max === undefined || isInt32 || max === Number.MAX_SAFE_INTEGER ? undefined : max,
  })
}

function defined(schema: { readonly [Key in keyof OpenApiSchema]: OpenApiSchema[Key] | undefined }): OpenApiSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined))
}
