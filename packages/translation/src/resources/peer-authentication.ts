/** security.istio.io PeerAuthentication: which mutual TLS a workload demands of its peers. */
import type { ObjectMeta } from './kubernetes.js'

export type MutualTlsMode = 'UNSET' | 'DISABLE' | 'PERMISSIVE' | 'STRICT'

export interface PeerAuthentication {
  readonly apiVersion?: string
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly mtls?: { readonly mode?: MutualTlsMode }
    /** Keys are workload ports. */
    readonly portLevelMtls?: Readonly<Record<string, { readonly mode?: MutualTlsMode }>>
  }
}
