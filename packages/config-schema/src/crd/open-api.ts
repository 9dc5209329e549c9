/** Turns the declarative types into Kubernetes' structural schemas (openAPIV3Schema), so that the API server checks them too. */
import type { Field, FieldType, ListType, MapType, NumericType, ObjectType, OneOf } from '../model/field-type.js'

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
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly nullable?: boolean
  readonly not?: OpenApiSchema
  readonly anyOf?: readonly OpenApiSchema[]
  readonly oneOf?: readonly OpenApiSchema[]
  readonly allOf?: readonly OpenApiSchema[]
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
}

export const anyObject: OpenApiSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

export function openApiSchema(type: FieldType): OpenApiSchema {
  switch (type.kind) {
    case 'object':
      return objectSchema(type)
    case 'list':
      return listSchema(type)
    case 'map':
      return mapSchema(type)
    case 'string':
      return defined({ type: 'string', enum: type.values, minLength: type.minLength, maxLength: type.maxLength })
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

function objectSchema(type: ObjectType): OpenApiSchema {
  const required = [...type.fields].filter(([, field]) => field.isRequired === true).map(([name]) => name)
  return defined({
    type: 'object',
    description: type.doc,
    properties: Object.fromEntries([...type.fields].map(([name, field]) => [name, fieldSchema(field)])),
    required: required.length === 0 ? undefined : required,
    ...oneOfSchema(type.oneOf),
  })
}

function fieldSchema(field: Field): OpenApiSchema {
  return defined({ ...openApiSchema(field.type), description: description(field), nullable: field.isNullable })
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

function listSchema(type: ListType): OpenApiSchema {
  return defined({ type: 'array', items: openApiSchema(type.items), minItems: type.minItems, maxItems: type.maxItems })
}

function mapSchema(type: MapType): OpenApiSchema {
  const { minEntries, maxEntries } = type
  return defined({ type: 'object', additionalProperties: openApiSchema(type.values), minProperties: minEntries, maxProperties: maxEntries })
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
