/**
 * JSON Schemas (draft 7) of whole resources, for editors and for tools that check without this package. They are made from the
 * same declarative types as everything else; rules that compare fields are beyond JSON Schema and are left to `validate`.
 */
import { fieldMarkdown, insteadOf } from './fields/field-markdown.js'
import { kindType } from './kinds/kind-type.js'
import type { Field, FieldType, ListType, MapType, NumericType, ObjectType, OneOf, StringType } from './model/field-type.js'
import { formatRules } from './model/string-format.js'

/** The part of JSON Schema that is used. */
export interface JsonSchema {
  readonly $schema?: string
  readonly title?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  /** What editors show instead of the description: the same as Markdown. */
  readonly markdownDescription?: string
  readonly default?: string | number | boolean
  readonly deprecated?: boolean
  readonly enum?: readonly (string | null)[]
  /** What editors show beside each value of `enum`. */
  readonly enumDescriptions?: readonly string[]
  readonly const?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly not?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly if?: JsonSchema
  readonly then?: JsonSchema
  readonly $ref?: string
  readonly definitions?: Readonly<Record<string, JsonSchema>>
}

interface Writing {
  readonly definitions: Record<string, JsonSchema>
}

/** The schema of one kind in one version, complete in itself; undefined for a kind or version that is not known. */
export function jsonSchema(apiVersion: string, kind: string): JsonSchema | undefined {
  const type = kindType(apiVersion, kind)
  if (type === undefined) return undefined
  const writing: Writing = { definitions: {} }
  const root = objectSchema(type, writing)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: kind,
    ...root,
    properties: { ...root.properties, apiVersion: { type: 'string', const: apiVersion }, kind: { type: 'string', const: kind } },
    required: [...new Set(['apiVersion', 'kind', ...(root.required ?? [])])],
    definitions: writing.definitions,
  }
}

function schemaOf(type: FieldType, writing: Writing): JsonSchema {
  switch (type.kind) {
    case 'object':
      return reference(type, writing)
    case 'list':
      return listSchema(type, writing)
    case 'map':
      return mapSchema(type, writing)
    case 'string':
      return stringSchema(type)
    case 'integer':
    case 'number':
      return numericSchema(type)
    case 'boolean':
      return { type: 'boolean' }
    case 'intOrString':
      return { type: ['integer', 'string'] }
    case 'quantity':
      return { type: ['number', 'string'] }
    case 'any':
      return {}
  }
}

/** Types stand once under `definitions`, since Kubernetes' refer to each other in circles. */
function reference(type: ObjectType, writing: Writing): JsonSchema {
  if (!Object.hasOwn(writing.definitions, type.name)) {
    writing.definitions[type.name] = {}
    writing.definitions[type.name] = objectSchema(type, writing)
  }
  return { $ref: `#/definitions/${type.name}` }
}

function objectSchema(type: ObjectType, writing: Writing): JsonSchema {
  const fields = [...type.fields]
  const required = fields.filter(([, field]) => field.isRequired === true).map(([name]) => name)
  return defined({
    type: 'object',
    description: type.doc,
    properties: Object.fromEntries(fields.map(([name, field]) => [name, fieldSchema(field, type, writing)])),
    required: required.length === 0 ? undefined : required,
    additionalProperties: false,
    allOf: type.oneOf.length === 0 ? undefined : type.oneOf.map(oneOfSchema),
  })
}

function fieldSchema(field: Field, owner: ObjectType, writing: Writing): JsonSchema {
  const schema = schemaOf(field.type, writing)
  const isNullable = field.isNullable === true || (owner.isNullAbsent === true && field.isRequired !== true)
  const described = {
    description: descriptionOf(field),
    markdownDescription: fieldMarkdown(field),
    default: field.default,
    deprecated: field.deprecated === undefined ? undefined : true,
  }
  // Beside a reference draft 7 reads nothing, so it goes into a list of its own.
  if (schema.$ref !== undefined)
    return defined({ ...described, ...(isNullable ? { anyOf: [schema, { type: 'null' }] } : { allOf: [schema] }) })
  return defined({ ...(isNullable ? nullable(schema) : schema), ...described })
}

function nullable(schema: JsonSchema): JsonSchema {
  if (schema.type === undefined) return schema
  const types = [...(typeof schema.type === 'string' ? [schema.type] : schema.type), 'null']
  return { ...schema, type: types, ...(schema.enum === undefined ? {} : { enum: [...schema.enum, null] }) }
}

function descriptionOf({ doc, deprecated }: Field): string | undefined {
  const parts = [doc, deprecated === undefined ? undefined : `Deprecated: ${insteadOf(deprecated)}.`].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : parts.join(' ')
}

/** None of the fields, or exactly one. */
function oneOfSchema({ fields, isRequired }: OneOf): JsonSchema {
  const each = fields.map((name): JsonSchema => ({ required: [name] }))
  return { oneOf: isRequired === true ? each : [{ not: { anyOf: each } }, ...each] }
}

function listSchema({ items, minItems, maxItems }: ListType, writing: Writing): JsonSchema {
  return defined({ type: 'array', items: schemaOf(items, writing), minItems, maxItems })
}

function mapSchema({ values, minEntries, maxEntries }: MapType, writing: Writing): JsonSchema {
  return defined({ type: 'object', additionalProperties: schemaOf(values, writing), minProperties: minEntries, maxProperties: maxEntries })
}

function stringSchema({ values, valueDocs, format, minLength, maxLength }: StringType): JsonSchema {
  const pattern = format === undefined ? undefined : formatRules[format].pattern
  const enumDescriptions = valueDocs && values?.map((value) => valueDocs[value] ?? '')
  return defined({ type: 'string', enum: values, enumDescriptions, pattern, minLength, maxLength })
}

function numericSchema({ kind, min, max, exclusiveMin }: NumericType): JsonSchema {
  return defined({
    type: kind,
    minimum: exclusiveMin === true ? undefined : min,
    exclusiveMinimum: exclusiveMin === true ? min : undefined,
    maximum: max,
  })
}

function defined(schema: { readonly [Key in keyof JsonSchema]: JsonSchema[Key] | undefined }): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined))
}
