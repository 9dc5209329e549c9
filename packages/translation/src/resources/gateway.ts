/** networking.istio.io Gateway, as far as translation reads it; every served version has this shape. */
import type { ObjectMeta } from './kubernetes.js'

export type TlsVersionSetting = 'TLS_AUTO' | 'TLSV1_0' | 'TLSV1_1' | 'TLSV1_2' | 'TLSV1_3'

export interface ServerTlsSettings {
  readonly httpsRedirect?: boolean
  readonly mode?: 'PASSTHROUGH' | 'SIMPLE' | 'MUTUAL' | 'AUTO_PASSTHROUGH' | 'ISTIO_MUTUAL' | 'OPTIONAL_MUTUAL'
  readonly serverCertificate?: string
  readonly privateKey?: string
  readonly caCertificates?: string
  readonly caCrl?: string
  readonly credentialName?: string
  readonly credentialNames?: readonly string[]
  readonly caCertCredentialName?: string
  readonly tlsCertificates?: readonly {
    readonly serverCertificate?: string
    readonly privateKey?: string
    readonly caCertificates?: string
  }[]
  readonly verifyCertificateSpki?: readonly string[]
  readonly verifyCertificateHash?: readonly string[]
  readonly subjectAltNames?: readonly string[]
  readonly minProtocolVersion?: TlsVersionSetting
  readonly maxProtocolVersion?: TlsVersionSetting
  readonly cipherSuites?: readonly string[]
}

export interface GatewayServer {
  readonly port: { readonly number: number; readonly protocol?: string; readonly name?: string }
  /** `[NAMESPACE/]DNSNAME`. */
  readonly hosts: readonly string[]
  readonly bind?: string
  readonly name?: string
  readonly tls?: ServerTlsSettings
}

export interface Gateway {
  readonly apiVersion?: string
  readonly metadata: ObjectMeta
  readonly spec?: { readonly selector?: Readonly<Record<string, string>>; readonly servers?: readonly GatewayServer[] }
}
