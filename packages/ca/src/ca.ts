/** The shapes of the authority: what it is given, what it issues, what it can be asked. */
import type { Clock, Logger, Random } from '@heddle/base'
import type { KeyAlgorithm } from '@heddle/x509'
import type { AuditSink } from './audit/audit-record.js'
import type { Cacerts } from './authority/cacerts.js'
import type { CaBundle } from './bundle/ca-bundle.js'
import type { Caller } from './caller.js'
import type { DenyBook } from './deny/deny-book.js'
import type { Handover } from './handover/handover.js'
import type { ExplainRequest, Explanation } from './issue/explain.js'
import type { IssuedCertificate } from './issue/leaf.js'
import type { JwtSvid } from './jwt/jwt-svid.js'
import type { CaMetrics } from './metrics/ca-metrics.js'
import type { ExpiryAlarm } from './rotation/forecast.js'
import type { Rotation } from './rotation/rotation.js'
import type { CaStore } from './store/ca-store.js'

export interface CaOptions {
  /** Such as `cluster.local`; every identity issued belongs to it. */
  readonly trustDomain: string
  /** Keeps the self-signed root; the authority opens and closes it. Exactly one of `store` and `cacerts` is given. */
  readonly store?: CaStore
  /** Signs with a key whose root belongs to somebody else, as Istio's `cacerts`. Such an authority has no rotation of its own. */
  readonly cacerts?: Cacerts
  /**
   * With `cacerts`: keeps who is denied, the numbers of revocation lists and the keys for tokens; the authority opens and closes it.
   * Default: denials end with the process, and there are no tokens.
   */
  readonly companionStore?: CaStore
  /**
   * With `companionStore`: where an authority with a root of its own kept its state before somebody's was plugged in. Its roots stay
   * trusted while workloads go over, its keys verify tokens for as long as there are some, and whom it denied stays denied; it is read
   * once and closed, and while it cannot be fetched nothing starts. Default: there was none.
   */
  readonly formerStore?: Pick<CaStore, 'open' | 'close'>
  /** Lifetime of a root made here. Default: 3650 days, as Istio's CITADEL_SELF_SIGNED_CA_CERT_TTL. */
  readonly rootTtlSeconds?: number
  /** Lifetime of a leaf when the caller names none. Default: 24 h, as Istio's DEFAULT_WORKLOAD_CERT_TTL. */
  readonly defaultTtlSeconds?: number
  /** Longest lifetime of a leaf; more is cut to it. Default: 90 days, as Istio's MAX_WORKLOAD_CERT_TTL. */
  readonly maxTtlSeconds?: number
  /** Kind of key of a root made here. Default: P-256. */
  readonly rootKeyAlgorithm?: KeyAlgorithm
  /** Kinds of keys that requests may have. Default: P-256, P-384 and RSA. */
  readonly keyAlgorithms?: readonly KeyAlgorithm[]
  /** Former names of the trust domain: their callers get certificates under its present name, and the roots speak for them too. Default: none. */
  readonly trustDomainAliases?: readonly string[]
  /** Whether a rotation starts by itself in time before the root ends. Default: `false`. */
  readonly isRotationAutomatic?: boolean
  /** Told of every certificate before it is released. Default: nobody. */
  readonly audit?: AuditSink
}

export interface CaDeps {
  readonly clock?: Clock
  /**
   * Must be cryptographically strong outside tests. Gives serial numbers, and keys when it is not the system's: with the same seed,
   * clock and requests every certificate is the same but for its signature, since ECDSA draws a number of its own each time; with
   * `rootKeyAlgorithm: 'ed25519'` the same byte for byte. Default: the system's.
   */
  readonly random?: Random
  readonly logger?: Logger
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
  /** Who asked, in their own words, for the audit record: nobody has proved it. */
  readonly claimedActor?: string
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
   * @throws HeddleError `HEDDLE_CA_CSR_INVALID`, `HEDDLE_CA_CALLER_INVALID`, `HEDDLE_CA_CALLER_DENIED`, `HEDDLE_CA_SIGNER_EXPIRED`,
   * `HEDDLE_CA_HANDOVER`, `HEDDLE_CA_SIGNER_FAILED`, `HEDDLE_CA_LINT_FAILED`, `HEDDLE_CA_AUDIT_FAILED`
   */
  sign(csrPem: string, caller: Caller, ttlSeconds?: number | bigint): Promise<SignedCertificate>
  /** What `sign` would do, or why it would refuse. */
  explain(request: ExplainRequest): Explanation
  /** A key and certificate for a person or a test, on an operator's word. The audit record says so. */
  issueFor(workload: { readonly namespace: string; readonly serviceAccount: string }, options?: IssueOptions): Promise<IssuedIdentity>
  /** A key and certificate under DNS names, for the control plane's own ports. */
  issueServer(fields: ServerCertificateFields): Promise<IssuedServerCertificate>
  /**
   * A token that names the caller to the audiences.
   * @param ttlSeconds default: 5 minutes; at most an hour.
   * @throws HeddleError `HEDDLE_CA_CALLER_INVALID`, `HEDDLE_CA_CALLER_DENIED`, `HEDDLE_CA_JWT_UNAVAILABLE`, `HEDDLE_CA_JWT_INVALID`,
   * `HEDDLE_CA_AUDIT_FAILED`
   */
  issueJwt(caller: Caller, audiences: readonly string[], ttlSeconds?: number): Promise<JwtSvid>
  bundle(): CaBundle
  /** Calls back after each change of the bundle, keys for tokens and revocation lists included; returns what ends it. */
  onBundleChange(listener: (bundle: CaBundle) => void): () => void
  /** Who is not believed any more. */
  readonly denied: DenyBook
  /** Revocation lists in PEM, one signed by each root that lives here, with every denied serial number; and those that were plugged in. */
  crlsPem(): Promise<string>
  /**
   * Holds every chain to these revocation lists from now on, in place of those that were plugged in before.
   * @param crlPem as the file ca-crl.pem; empty for none.
   * @throws HeddleError `HEDDLE_CA_CACERTS_INVALID`: the lists before stay in force
   */
  replaceCrls(crlPem: string): void
  /**
   * Adopts now what another replica has saved in the same store; an authority with a shared store looks by itself every three seconds.
   * @throws HeddleError what the store throws; the `HEDDLE_CA_STATE_...` codes
   */
  refresh(): Promise<void>
  metrics(): CaMetrics
  /** What will end soon unless somebody acts: the active root, or the chain of a plugged-in authority. Empty: nothing. */
  alarms(): readonly ExpiryAlarm[]
  /** Undefined for a plugged-in authority: its root is somebody else's. */
  readonly rotation: Rotation | undefined
  /** How workloads go over to a plugged-in authority; undefined without `companionStore`. */
  readonly handover: Handover | undefined
  /** Waits for a save under way and gives the store back; every later call is refused. */
  close(): Promise<void>
  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void>
}
