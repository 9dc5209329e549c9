/** The outer shape that every resource has, whatever its kind. */
import type { ObjectMeta } from './gen/types.js'

export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly spec?: unknown
  readonly status?: unknown
}
