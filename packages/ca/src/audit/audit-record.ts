/** What is remembered of every certificate and token issued, to answer "who had this identity then?". It holds no secret. */

export interface AuditRecord {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number
  readonly action: 'sign' | 'issue-for' | 'issue-server' | 'issue-jwt' | 'create-join-token'
  /** The SPIFFE id issued; absent for a server certificate without one. */
  readonly spiffeId?: string
  readonly dnsNames?: readonly string[]
  /** Of a certificate; of a JWT-SVID its `jti`, of a join token the beginning of its hash. */
  readonly serialHex: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** SHA-256 of the certificate that signed, lower-case hexadecimal; of a JWT-SVID the id of the key, of a join token nothing. */
  readonly issuerFingerprint: string
  /** How the caller proved who it is. */
  readonly method: 'jwt' | 'client-certificate' | 'join-token' | 'operator'
  /** Who asked for it, or made the join token with which it was asked for, in their own words: nobody has proved it. */
  readonly claimedActor?: string
  /** Of a JWT-SVID. */
  readonly audiences?: readonly string[]
  readonly pod?: { readonly name: string; readonly uid: string }
}

/** A certificate is released only after this returned; when it throws, nobody gets the certificate. */
export type AuditSink = (record: AuditRecord) => void | Promise<void>
