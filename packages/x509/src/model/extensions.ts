/** The certificate extensions a mesh reads and writes (RFC 5280 section 4.2), as plain data. */

export interface SubjectAltNames {
  readonly isCritical: boolean
  /** In order, ASCII without control characters, otherwise untouched. */
  readonly uris: readonly string[]
  readonly dnsNames: readonly string[]
  /** 4 or 16 octets each. */
  readonly ipAddresses: readonly Uint8Array[]
  /** How many names of other kinds (mail, directory, otherName...) there are. */
  readonly otherCount: number
}

export interface BasicConstraints {
  readonly isCritical: boolean
  readonly isCa: boolean
  readonly pathLength: number | undefined
}

/** In the order of their bits. */
export const keyUsageNames = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

export type KeyUsageName = (typeof keyUsageNames)[number]

export interface KeyUsage {
  readonly isCritical: boolean
  readonly usages: readonly KeyUsageName[]
}

export interface ExtendedKeyUsage {
  readonly isCritical: boolean
  /** Dotted object identifiers. */
  readonly purposes: readonly string[]
}

export interface CertificateExtensions {
  readonly subjectAltNames: SubjectAltNames | undefined
  readonly basicConstraints: BasicConstraints | undefined
  readonly keyUsage: KeyUsage | undefined
  readonly extendedKeyUsage: ExtendedKeyUsage | undefined
  /** Lower-case hexadecimal. */
  readonly subjectKeyId: string | undefined
  /** Lower-case hexadecimal of the keyIdentifier field. */
  readonly authorityKeyId: string | undefined
  /** Object identifiers that a path check must not ignore: critical ones we do not know, and name constraints of any kind. */
  readonly unhandled: readonly string[]
}
