/**
 * A kind as the components of an OpenAPI v3 document, as a Kubernetes API serves them (`kubectl explain` reads them): each
 * type once by its name, referred to by the fields that have it, since some types contain themselves.
 */
import { kindType } from '../kinds/kind-type.js'
import type { Field, FieldType, ObjectType } from '../model/field-type.js'
import { openApiSchema } from './open-api.js'

/** A schema object of OpenAPI v3. */
export type OpenApiComponent = Readonly<Record<string, unknown>>

/** The kind under its own name and every type below it. @returns undefined for a kind whose fields are not known. */
export function openApiComponents(apiVersion: string, kind: string): Readonly<Record<string, OpenApiComponent>> | undefined {
  const root = kindType(apiVersion, kind)
  if (root === undefined) return undefined
  const components = new Map<string, OpenApiComponent>()
  const waiting: ObjectType[] = [root]
  for (let type = waiting.pop(); type !== undefined; type = waiting.pop()) {
    if (components.has(type.name)) continue
    components.set(
      type.name,
      objectComponent(type, (below) => waiting.push(below)),
    )
  }
  return Object.fromEntries(components)
}

function objectComponent(type: ObjectType, onType: (type: ObjectType) => void): OpenApiComponent {
  const required = [...type.fields].filter(([, field]) => field.isRequired === true).map(([name]) => name)
  return {
    type: 'object',
    ...(type.doc !== undefined && { description: type.doc }),
    properties: Object.fromEntries([...type.fields].map(([name, field]) => [name, fieldComponent(field, onType)])),
    ...(required.length > 0 && { required }),
  }
}

function fieldComponent({ type, doc, default: value }: Field, onType: (type: ObjectType) => void): OpenApiComponent {
  return {
    ...(doc !== undefined && { description: doc }),
    ...component(type, onType),
    ...(value !== undefined && { default: value }),
  }
}

function component(type: FieldType, onType: (type: ObjectType) => void): OpenApiComponent {
  switch (type.kind) {
    case 'object':
      onType(type)
      return { allOf: [{ $ref: `#/components/schemas/${type.name}` }] }
    case 'list':
      return { type: 'array', items: component(type.items, onType) }
    case 'map':
      return { type: 'object', additionalProperties: component(type.values, onType) }
    case 'intOrString':
    case 'quantity':
      return { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' }
    case 'any':
      return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
      return { ...openApiSchema(type) }
  }
}
