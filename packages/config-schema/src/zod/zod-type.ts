/** Makes zod schemas from the declarative types, for programs that already speak zod. Same structure and syntax checks, no kind rules. */
import { z } from 'zod'
import type { Field, FieldType, ListType, MapType, NumericType, ObjectType, OneOf, StringType } from '../model/field-type.js'
import { formatRules } from '../model/string-format.js'

const made = new Map<ObjectType, z.ZodType>()

export function zodType(type: FieldType): z.ZodType {
  switch (type.kind) {
    case 'object':
      return zodObject(type)
    case 'list':
      return zodList(type)
    case 'map':
      return zodMap(type)
    case 'string':
      return zodString(type)
    case 'integer':
    case 'number':
      return zodNumber(type)
    case 'boolean':
      return z.boolean()
    case 'intOrString':
      return z.union([z.int(), z.string()])
    case 'quantity':
      return z.union([z.number(), withFormat(z.string(), 'quantity')])
    case 'any':
      return z.unknown()
  }
}

function zodObject(type: ObjectType): z.ZodType {
  const known = made.get(type)
  if (known) return known
  // Kubernetes' types refer to each other in circles, so their fields are made when they are first used.
  const schema = z.lazy(() => {
    const shape = Object.fromEntries([...type.fields].map(([name, field]) => [name, zodField(field, type)]))
    const object = z.strictObject(shape)
    return type.oneOf.length === 0 ? object : object.superRefine((value, context) => refineOneOf(type.oneOf, value, context))
  })
  made.set(type, schema)
  return schema
}

function zodField(field: Field, owner: ObjectType): z.ZodType {
  const schema = zodType(field.type)
  if (field.isRequired === true) return schema
  return field.isNullable === true || owner.isNullAbsent === true ? schema.nullish() : schema.optional()
}

function refineOneOf(groups: readonly OneOf[], value: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  for (const { fields, isRequired } of groups) {
    const set = fields.filter((name) => value[name] !== undefined)
    if (set.length > 1)
      context.addIssue({ code: 'custom', path: [set[1] as string], message: `only one of ${fields.join(', ')} may be set` })
    if (set.length === 0 && isRequired === true) context.addIssue({ code: 'custom', message: `one of ${fields.join(', ')} must be set` })
  }
}

function zodList(type: ListType): z.ZodType {
  let schema = z.array(zodType(type.items))
  if (type.minItems !== undefined) schema = schema.min(type.minItems)
  return type.maxItems === undefined ? schema : schema.max(type.maxItems)
}

function zodMap({ values, keys, minEntries = 0, maxEntries = Infinity }: MapType): z.ZodType {
  const schema = z.record(keys === undefined ? z.string() : withFormat(z.string(), keys), zodType(values))
  if (minEntries === 0 && maxEntries === Infinity) return schema
  return schema.refine((value) => Object.keys(value).length >= minEntries && Object.keys(value).length <= maxEntries, {
    message: `expected ${minEntries} to ${maxEntries} entries`,
  })
}

function zodString(type: StringType): z.ZodType {
  if (type.values !== undefined) return z.enum(type.values as [string, ...string[]])
  let schema = z.string()
  if (type.minLength !== undefined) schema = schema.min(type.minLength)
  if (type.maxLength !== undefined) schema = schema.max(type.maxLength)
  return type.format === undefined ? schema : withFormat(schema, type.format)
}

function withFormat(schema: z.ZodString, format: NonNullable<StringType['format']>): z.ZodString {
  const rule = formatRules[format]
  return schema.refine((value) => rule.check(value) === undefined, { message: `expected ${rule.expected}` })
}

function zodNumber({ kind, min, max, exclusiveMin }: NumericType): z.ZodType {
  let schema: z.ZodNumber = kind === 'integer' ? z.number().int() : z.number()
  if (min !== undefined) schema = exclusiveMin === true ? schema.gt(min) : schema.gte(min)
  return max === undefined ? schema : schema.lte(max)
}
