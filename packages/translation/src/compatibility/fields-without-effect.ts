/** The fields of one resource that are accepted but do nothing here, so that `apply` can say so instead of staying silent. */
import type { FieldPath } from '@heddle/config-schema'
import { type FieldRule, fieldRules } from './field-rules.js'

export interface FieldWithoutEffect {
  /** `['spec', 'http', 0, 'fault']`. */
  readonly path: FieldPath
  readonly reason: string
}

export function fieldsWithoutEffect(resource: { readonly kind: string }): readonly FieldWithoutEffect[] {
  return (fieldRules[resource.kind] ?? []).filter(({ outcome }) => outcome === 'ignored').flatMap((rule) => occurrences(resource, rule))
}

interface Found {
  readonly value: unknown
  readonly path: FieldPath
}

function occurrences(resource: object, { path, reason }: FieldRule): readonly FieldWithoutEffect[] {
  let found: readonly Found[] = [{ value: resource, path: [] }]
  for (const step of path.split('.')) found = found.flatMap((one) => descend(one, step))
  return found.map((one) => ({ path: one.path, reason }))
}

/** One step of a rule's path; `name[]` goes into every item. */
function descend({ value, path }: Found, step: string): readonly Found[] {
  if (typeof value !== 'object' || value === null) return []
  const name = step.replace('[]', '')
  const child = (value as Readonly<Record<string, unknown>>)[name]
  if (child === undefined || child === null) return []
  if (!step.endsWith('[]')) return [{ value: child, path: [...path, name] }]
  return Array.isArray(child) ? child.map((item: unknown, index) => ({ value: item, path: [...path, name, index] })) : []
}
