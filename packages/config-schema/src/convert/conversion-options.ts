/** What a conversion is asked, and what it says of fields that it could not take over. */
import type { FieldPath } from '../path.js'

export interface ConversionIssue {
  /** `inexact`: this would be lost or mean something else. `needed`: exact, once this stands in the cluster too. */
  readonly kind: 'inexact' | 'needed'
  /** Field of the source, such as `spec.http[0].fault`. */
  readonly path: string
  /** The same, one entry for each name and index. */
  readonly segments: FieldPath
  readonly reason: string
}

export interface ConversionOptions {
  /** Other resources; a Service tells the port of a destination that names none. Default: none. */
  readonly resources?: readonly unknown[]
  /** Namespace of resources without one. Default: `default`. */
  readonly namespace?: string
  /**
   * Take `prefix: /a` for the path segments `/a` and `/a/...`, as HTTPRoute does, although it also stands for `/ab` today.
   * Default: false, which reports such prefixes as inexact.
   */
  readonly segmentPrefixes?: boolean
}
