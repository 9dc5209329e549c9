/** What is remembered of every certificate issued, to answer "who had this identity then?". It holds no secret. */

export interface AuditRecord {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number
  readonly action: 'sign' | 'issue-for' | 'issue-server'
  /** The SPIFFE id issued; absent for a server certificate without one. */
  readonly spiffeId?: string
  readonly dnsNames?: readonly string[]
  readonly serialHex: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** SHA-256 of the certificate that signed, lower-case hexadecimal. */
  readonly issuerFingerprint: string
  /** How the caller proved who it is. */
  readonly method: 'jwt' | 'client-certificate' | 'join-token' | 'operator'
  /** The person or component that asked, for certificates issued by an operator. */
  readonly actor?: string
  readonly pod?: { readonly name: string; readonly uid: string }
}

/** A certificate is released only after this returned; when it throws, nobody gets the certificate. */
export type AuditSink = (record: AuditRecord) => void | Promise<void>
