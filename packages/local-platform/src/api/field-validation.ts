/** The `fieldValidation` parameter of writes: Strict refuses unknown fields, Warn (the default) names them, Ignore is silent. */
import type { KubernetesObject } from '@heddle/client'
import { inspectObject } from './schema-validation.js'

export interface FieldFaults {
  readonly refusal?: string
  readonly warnings: readonly string[]
}

export function fieldFaults(object: KubernetesObject, mode: string | null): FieldFaults {
  const { unknownFields, warnings } = inspectObject(object)
  if (mode === 'Ignore') return { warnings }
  const unknown = unknownFields.map(({ message }) => message)
  if (unknown.length === 0 || mode !== 'Strict') return { warnings: [...warnings, ...unknown] }
  return { warnings, refusal: `strict decoding error: ${unknown.join(', ')}` }
}
