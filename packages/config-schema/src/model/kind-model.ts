/** Everything that is known of one custom kind: names, fields and rules. One value per kind, from which all else is made. */
import { objectMeta } from '../kubernetes/metadata-type.js'
import type { FaultList } from '../validate/fault.js'
import { anything, object, required, text, type ObjectType } from './field-type.js'

/** Reports what types cannot express; it may count on the types of the values it reads, but not on their presence. */
export type KindRule<Resource> = (resource: Resource, faults: FaultList) => void

export interface KindModel {
  readonly group: string
  readonly kind: string
  /** Served versions, the preferred one first; all have the same fields. */
  readonly versions: readonly string[]
  /** The whole resource. */
  readonly type: ObjectType
  readonly spec: ObjectType
  /** A file format: never stored in a cluster, so it needs no name. */
  readonly isFileOnly: boolean
  readonly check: KindRule<never> | undefined
}

interface KindOptions<Resource> {
  readonly group: string
  readonly kind: string
  readonly versions: readonly string[]
  readonly spec: ObjectType
  /** A resource without `spec` means something. Default: false. */
  readonly isSpecOptional?: boolean
  /** Never stored in a cluster, so it needs no name. Default: false. */
  readonly isFileOnly?: boolean
  readonly check?: KindRule<Resource>
}

export function kindModel<Resource>({ group, kind, versions, spec, isSpecOptional, isFileOnly, check }: KindOptions<Resource>): KindModel {
  const type = object(kind, {
    apiVersion: required(text()),
    kind: required(text()),
    metadata: isFileOnly === true ? objectMeta : required(objectMeta),
    spec: isSpecOptional === true ? spec : required(spec),
    status: anything,
  })
  // A missing spec is one fault; what it would have to hold follows from it.
  const rule: KindRule<Resource & { readonly spec?: unknown }> | undefined =
    check && ((resource, faults) => (resource.spec === undefined ? undefined : check(resource, faults)))
  return { group, kind, versions, type, spec, isFileOnly: isFileOnly === true, check: rule }
}
