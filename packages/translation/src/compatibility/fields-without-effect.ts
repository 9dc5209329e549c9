/** The fields of one resource that are accepted but do nothing here, so that `apply` can say so instead of staying silent. */
import { type FieldRule, fieldRules } from './field-rules.js'

export interface FieldWithoutEffect {
  /** `spec.http[0].fault`. */
  readonly path: string
  readonly reason: string
}

export function fieldsWithoutEffect(resource: { readonly kind: string }): readonly FieldWithoutEffect[] {
  return (fieldRules[resource.kind] ?? []).filter(({ outcome }) => outcome === 'ignored').flatMap((rule) => occurrences(resource, rule))
}

function occurrences(resource: object, { path, reason }: FieldRule): readonly FieldWithoutEffect[] {
  let found: readonly { readonly value: unknown; readonly path: string }[] = [{ value: resource, path: '' }]
  for (const step of path.split('.')) {
    const name = step.replace('[]', '')
    found = found.flatMap(({ value, path: parent }) => {
      const child = (value as Readonly<Record<string, unknown>>)[name]
      const here = parent === '' ? name : `${parent}.${name}`
      if (!step.endsWith('[]')) return child === undefined || child === null ? [] : [{ value: child, path: here }]
      return Array.isArray(child) ? child.map((item: unknown, index) => ({ value: item, path: `${here}[${index}]` })) : []
    })
    found = found.filter(({ value }) => typeof value === 'object' || step === path.split('.').at(-1))
  }
  return found.map((one) => ({ path: one.path, reason }))
}
