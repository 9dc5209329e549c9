/** networking.istio.io Sidecar, as far as translation reads it; every served version has this shape. */
import type { ObjectMeta } from './kubernetes.js'

export interface SidecarEgressListener {
  /** Absent: all ports that no other listener names. */
  readonly port?: { readonly number?: number; readonly protocol?: string; readonly name?: string }
  /** `NAMESPACE/HOST` each. */
  readonly hosts?: readonly string[]
}

export interface Sidecar {
  readonly apiVersion?: string
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly workloadSelector?: { readonly labels?: Readonly<Record<string, string>> }
    readonly egress?: readonly SidecarEgressListener[]
    readonly outboundTrafficPolicy?: { readonly mode?: 'REGISTRY_ONLY' | 'ALLOW_ANY' }
  }
}
