/** The shapes of the authority: what it is given, what it issues, what it can be asked. */
import type { Clock, Logger, Random } from '@heddle/base'
import type { TrustBundle } from '@heddle/x509'
import type { AuditSink } from './audit.js'
import type { Cacerts } from './authority/cacerts.js'
import type { Caller } from './caller.js'
import type { IssuedCertificate } from './issue/leaf.js'
import type { Rotation } from './rotation/rotation.js'
import type { CaStore } from './store/ca-store.js'

export interface CaOptions {
  /** Such as `cluster.local`; every identity issued belongs to it. */
  readonly trustDomain: string
  /** Keeps the self-signed root; the authority opens and closes it. Exactly one of `store` and `cacerts` is given. */
  readonly store?: CaStore
  /** Signs with a key whose root belongs to somebody else, as Istio's `cacerts`. Such an authority has no rotation of its own. */
  readonly cacerts?: Cacerts
  /** Lifetime of a root made here. Default: 3650 days, as Istio's CITADEL_SELF_SIGNED_CA_CERT_TTL. */
  readonly rootTtlSeconds?: number
  /** Lifetime of a leaf when the caller names none. Default: 24 h, as Istio's DEFAULT_WORKLOAD_CERT_TTL. */
  readonly defaultTtlSeconds?: number
  /** Longest lifetime of a leaf; more is cut to it. Default: 90 days, as Istio's MAX_WORKLOAD_CERT_TTL. */
  readonly maxTtlSeconds?: number
  /** Told of every certificate before it is released. Default: nobody. */
  readonly audit?: AuditSink
}

export interface CaDeps {
  readonly clock?: Clock
  /** Must be cryptographically strong outside tests; gives serial numbers. */
  readonly random?: Random
  readonly logger?: Logger
}

export interface CaBundle {
  readonly trustDomain: string
  /** Every published root, in PEM. */
  readonly rootsPem: string
  /** The same, ready for `verifySvidPath`. */
  readonly trustBundle: TrustBundle
  /** Changes exactly when the roots do. */
  readonly fingerprint: string
}

export interface SignedCertificate extends IssuedCertificate {
  readonly spiffeId: string
}

export interface IssuedIdentity extends SignedCertificate {
  /** PKCS#8 in PEM: a secret. */
  readonly privateKeyPem: string
}

export interface IssueOptions {
  /** Default: the authority's default. */
  readonly ttlSeconds?: number
  /** Who asked, for the audit record. */
  readonly actor?: string
}

export interface ServerCertificateFields {
  readonly dnsNames: readonly string[]
  /** 4 or 16 octets each. Default: none. */
  readonly ipAddresses?: readonly Uint8Array[]
  /** Also names this workload, so that the certificate serves in the mesh too. Default: none. */
  readonly workload?: { readonly namespace: string; readonly serviceAccount: string }
  /** Default: the authority's maximum. */
  readonly ttlSeconds?: number
}

export interface IssuedServerCertificate extends IssuedCertificate {
  /** PKCS#8 in PEM: a secret. */
  readonly privateKeyPem: string
}

export interface Ca {
  readonly trustDomain: string
  /**
   * Issues a leaf for the caller's identity and the request's key; all else in the request is ignored, as Istio does.
   * @param ttlSeconds absent, zero or negative: the default.
   * @throws HeddleError `HEDDLE_CA_CSR_INVALID`, `HEDDLE_CA_CALLER_INVALID`, `HEDDLE_CA_SIGNER_EXPIRED`, `HEDDLE_CA_AUDIT_FAILED`
   */
  sign(csrPem: string, caller: Caller, ttlSeconds?: number | bigint): Promise<SignedCertificate>
  /** A key and certificate for a person or a test, on an operator's word. The audit record says so. */
  issueFor(workload: { readonly namespace: string; readonly serviceAccount: string }, options?: IssueOptions): Promise<IssuedIdentity>
  /** A key and certificate under DNS names, for the control plane's own ports. */
  issueServer(fields: ServerCertificateFields): Promise<IssuedServerCertificate>
  bundle(): CaBundle
  /** Calls back after each change of the bundle; returns what ends it. */
  onBundleChange(listener: (bundle: CaBundle) => void): () => void
  /** Undefined for a plugged-in authority: its root is somebody else's. */
  readonly rotation: Rotation | undefined
  /** Waits for a save under way and gives the store back; every later call is refused. */
  close(): Promise<void>
  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void>
}
