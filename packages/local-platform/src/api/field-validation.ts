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
  if (unknownFields.length === 0 || mode !== 'Strict') return { warnings: [...warnings, ...unknownFields] }
  return { warnings, refusal: `strict decoding error: ${unknownFields.join(', ')}` }
}
