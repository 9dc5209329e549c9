/** Fields in words, as Markdown: the hover of editors, in JSON Schemas and in the language server. */
import type { Field, FieldType, NumericType, ObjectType } from '../model/field-model.js'
import { isDuration } from '../model/field-type.js'
import { formatRules } from '../model/string-format.js'

/** What the field is for, its values and its default. @returns undefined for a field of which nothing is known but its type. */
export function fieldMarkdown(field: Field): string | undefined {
  const { type, doc, deprecated } = field
  const lines = [
    deprecated === undefined ? undefined : `**Deprecated**: ${insteadOf(deprecated)}.`,
    doc ?? ownDoc(type),
    formatLine(type),
    valueLines(type),
    field.default === undefined || field.default === '' ? undefined : `Default: \`${field.default}\`.`,
  ].filter((line) => line !== undefined)
  return lines.length === 0 ? undefined : lines.join('\n\n')
}

/** The same with a heading: its name, its type, and whether it must be there. */
export function titledMarkdown(name: string, field: Field): string {
  const heading = `**${name}**: ${typeWords(field.type)}${field.isRequired === true ? ', required' : ''}`
  return [heading, fieldMarkdown(field), rangeLine(field.type), choiceLine(field.type)].filter((line) => line !== undefined).join('\n\n')
}

/** What a kind is for, and its fields. */
export function kindMarkdown(type: ObjectType): string {
  const spec = type.fields.get('spec')?.type
  return [`**${type.name}**`, type.doc ?? (spec === undefined ? undefined : ownDoc(spec))].filter((line) => line !== undefined).join('\n\n')
}

/** What stands in place of a deprecated field, as a clause. */
export function insteadOf(deprecated: string): string {
  return deprecated.includes(' ') ? deprecated : `use ${deprecated}`
}

/** `list of HTTPRoute`, `map of text`, `duration`, `whole number`. */
export function typeWords(type: FieldType): string {
  switch (type.kind) {
    case 'object':
      return type.name
    case 'list':
      return `list of ${typeWords(type.items)}`
    case 'map':
      return `map of ${typeWords(type.values)}`
    case 'string':
      return stringWord(type)
    case 'integer':
      return 'whole number'
    case 'number':
      return 'number'
    case 'boolean':
      return 'true or false'
    case 'intOrString':
      return 'number or text'
    case 'quantity':
      return 'quantity'
    case 'any':
      return 'any value'
  }
}

function stringWord(type: Extract<FieldType, { kind: 'string' }>): string {
  if (type.values !== undefined) return 'one word'
  return isDuration(type) ? 'duration' : 'text'
}

function ownDoc(type: FieldType): string | undefined {
  if (type.kind === 'list') return ownDoc(type.items)
  return type.kind === 'object' ? type.doc : undefined
}

function formatLine(type: FieldType): string | undefined {
  return type.kind === 'string' && type.format !== undefined ? `Takes ${formatRules[type.format].expected}.` : undefined
}

function valueLines(type: FieldType): string | undefined {
  const values = type.kind === 'string' ? type.values?.filter((value) => value !== '') : undefined
  if (type.kind !== 'string' || values === undefined) return undefined
  const { valueDocs } = type
  if (valueDocs === undefined) return `One of ${values.map((value) => `\`${value}\``).join(', ')}.`
  return values.map((value) => (valueDocs[value] === undefined ? `- \`${value}\`` : `- \`${value}\`: ${valueDocs[value]}`)).join('\n')
}

/** Limits that are more than those of the number's own size. */
function rangeLine(type: FieldType): string | undefined {
  if (type.kind !== 'integer' && type.kind !== 'number') return undefined
  const { min, max, exclusiveMin }: NumericType = type
  if (exclusiveMin === true) return `Greater than ${min}.`
  if (min === undefined || max === undefined || max >= 2_147_483_647) return undefined
  return `From ${min} to ${max}.`
}

function choiceLine(type: FieldType): string | undefined {
  if (type.kind !== 'object' || type.oneOf.length === 0) return undefined
  return type.oneOf
    .map(
      ({ fields, isRequired }) =>
        `${isRequired === true ? 'Exactly' : 'At most'} one of ${fields.map((name) => `\`${name}\``).join(', ')}.`,
    )
    .join(' ')
}
