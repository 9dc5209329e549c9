/** What a kind adds to the general verbs: fields Kubernetes fills in, and changes it refuses. One file a group of kinds. */
import type { HeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client'
import type { StatusCause } from '../api-failure.js'

export interface RuleContext {
  /** The object as stored before an update; undefined for a create. */
  readonly old: KubernetesObject | undefined
  readonly nowMs: number
  /** Reads another stored object of a core or built-in kind. */
  readonly find: (plural: string, name: string, namespace?: string) => KubernetesObject | undefined
  readonly services: () => readonly KubernetesObject[]
  readonly clusterIps: ClusterIpRange
  readonly forbid: (reason: string) => HeddleError
  /** Five characters as in generated names. */
  readonly suffix: () => string
}

/** The virtual addresses of Services. */
export interface ClusterIpRange {
  contains(address: string): boolean
  /** A free address, the same for the same name as long as it is free; undefined when none is left. */
  choose(name: string, taken: ReadonlySet<string>): string | undefined
}

export interface KindRules {
  /** The object with what Kubernetes fills in; runs before `check`. */
  readonly prepare?: (object: KubernetesObject, context: RuleContext) => KubernetesObject
  /** Reasons to refuse with 422. */
  readonly check?: (object: KubernetesObject, context: RuleContext) => readonly StatusCause[]
  /** Why an object may never be deleted; undefined for one that may. */
  readonly holds?: (object: KubernetesObject) => string | undefined
  /** What the platform takes and does not do as Kubernetes would; sent as `Warning:` headers to who wrote it. */
  readonly warnings?: (object: KubernetesObject, old: KubernetesObject | undefined) => readonly string[]
}

export function invalidValue(field: string, value: unknown, reason: string): StatusCause {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${reason}` }
}

export function requiredValue(field: string, reason: string = ''): StatusCause {
  return { reason: 'FieldValueRequired', field, message: `Required value${reason === '' ? '' : `: ${reason}`}` }
}
