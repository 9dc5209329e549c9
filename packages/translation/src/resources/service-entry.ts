/** networking.istio.io ServiceEntry and WorkloadEntry, as far as translation reads them; every served version has this shape. */
import type { ObjectMeta } from './kubernetes.js'

export interface ServiceEntryPort {
  readonly number: number
  readonly name: string
  readonly protocol?: string
  /** Absent: `number`. */
  readonly targetPort?: number
}

export interface WorkloadEntrySpec {
  /** An address, or a host name where the resolution is by DNS. */
  readonly address?: string
  /** By the names of the service's ports. */
  readonly ports?: Readonly<Record<string, number>>
  readonly labels?: Readonly<Record<string, string>>
  /** `REGION/ZONE/SUBZONE`. */
  readonly locality?: string
  readonly weight?: number
  readonly serviceAccount?: string
}

export interface ServiceEntry {
  readonly apiVersion?: string
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly hosts: readonly string[]
    readonly addresses?: readonly string[]
    readonly ports?: readonly ServiceEntryPort[]
    readonly location?: 'MESH_EXTERNAL' | 'MESH_INTERNAL'
    readonly resolution?: 'NONE' | 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN' | 'DYNAMIC_DNS'
    readonly endpoints?: readonly WorkloadEntrySpec[]
    readonly workloadSelector?: { readonly labels?: Readonly<Record<string, string>> }
    readonly exportTo?: readonly string[]
    readonly subjectAltNames?: readonly string[]
  }
  /** Addresses that a control plane has allocated. */
  readonly status?: { readonly addresses?: readonly { readonly value?: string; readonly host?: string }[] }
}

export interface WorkloadEntry {
  readonly apiVersion?: string
  readonly metadata: ObjectMeta
  readonly spec?: WorkloadEntrySpec
}
