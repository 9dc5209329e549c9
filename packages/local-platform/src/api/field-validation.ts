/** The `fieldValidation` parameter of writes: what a field that the schema does not know leads to. */
import type { KubernetesObject } from '@heddle/client'

/** The paths of fields unknown to the object's schema. */
export type FieldCheck = (object: KubernetesObject) => readonly string[]

export interface FieldFaults {
  readonly refusal?: string
  readonly warnings: readonly string[]
}

/** The default of Kubernetes is Warn. */
export function fieldFaults(object: KubernetesObject, mode: string | null, check: FieldCheck): FieldFaults {
  if (mode === 'Ignore') return { warnings: [] }
  const unknown = check(object).map((path) => `unknown field "${path}"`)
  if (unknown.length === 0 || mode !== 'Strict') return { warnings: unknown }
  return { warnings: [], refusal: `strict decoding error: ${unknown.join(', ')}` }
}
