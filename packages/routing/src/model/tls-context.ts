/** envoy.extensions.transport_sockets.tls.v3: what a TLS endpoint shows and what it demands. Key material is named, never held. */
import type { StringMatcher } from './matcher.js'

export type TlsVersion = 'TLSv1_0' | 'TLSv1_1' | 'TLSv1_2' | 'TLSv1_3'

/** A secret by name. `agent` is Istio's `sds-grpc` cluster (the workload's own agent), `ads` the control plane's stream. */
export interface SecretReference {
  readonly name: string
  readonly source: 'agent' | 'ads'
}

export interface CommonTlsContext {
  readonly alpnProtocols?: readonly string[]
  readonly minVersion?: TlsVersion
  readonly maxVersion?: TlsVersion
  readonly cipherSuites?: readonly string[]
  readonly certificates?: readonly SecretReference[]
  /** Absent: the peer's certificate is not verified against anything. */
  readonly validation?: CertificateValidation
}

export interface CertificateValidation {
  /** The secret with the trusted roots (`ROOTCA`, `file-root:system`, `kubernetes://NAME-cacert`). */
  readonly roots: SecretReference
  /** One of the peer's subject alternative names must match one of these; absent or empty: any. */
  readonly matchSubjectAltNames?: readonly StringMatcher[]
}

export interface DownstreamTlsContext {
  readonly common: CommonTlsContext
  readonly requireClientCertificate: boolean
}

export interface UpstreamTlsContext {
  readonly common: CommonTlsContext
  readonly sni?: string
}

export type UpstreamTransportSocket = ({ readonly kind: 'raw-buffer' } | { readonly kind: 'tls'; readonly tls: UpstreamTlsContext }) & {
  /** Each connection begins with a PROXY header of this version that names the client (`upstream_proxy_protocol`). */
  readonly proxyProtocol?: 'V1' | 'V2'
}
