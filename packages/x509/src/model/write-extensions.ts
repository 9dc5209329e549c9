/** Writes the extensions of the certificates and requests that we make. */
import { oid } from '../der/oid.js'
import { contextTag } from '../der/tag.js'
import { writeBits, writeBoolean, writeOctets, writeOid, writeSequence, writeUnsignedInteger, writeValue } from '../der/write-der.js'
import { type KeyUsageName, keyUsageNames } from './extensions.js'

export interface AltNameFields {
  readonly uris?: readonly string[]
  readonly dnsNames?: readonly string[]
  /** 4 or 16 octets each. */
  readonly ipAddresses?: readonly Uint8Array[]
}

export type KeyPurpose = 'serverAuth' | 'clientAuth'

export interface ExtensionFields {
  readonly altNames?: AltNameFields
  /** Set when the subject is empty, as RFC 5280 section 4.2.1.6 asks. */
  readonly isAltNamesCritical?: boolean
  readonly basicConstraints?: { readonly isCa: boolean; readonly pathLength?: number }
  readonly keyUsages?: readonly KeyUsageName[]
  readonly purposes?: readonly KeyPurpose[]
  readonly subjectKeyId?: Uint8Array
  readonly authorityKeyId?: Uint8Array
}

/** The SEQUENCE of extensions, or undefined when there is none to write. */
export function writeExtensions(fields: ExtensionFields): Uint8Array | undefined {
  const parts: Uint8Array[] = []
  const { altNames, basicConstraints, keyUsages, purposes, subjectKeyId, authorityKeyId } = fields
  if (keyUsages?.length) parts.push(writeExtension(oid.keyUsage, true, writeKeyUsages(keyUsages)))
  if (purposes?.length)
    parts.push(writeExtension(oid.extendedKeyUsage, false, writeSequence(...purposes.map((name) => writeOid(oid[name])))))
  if (basicConstraints) parts.push(writeExtension(oid.basicConstraints, true, writeBasicConstraints(basicConstraints)))
  if (subjectKeyId) parts.push(writeExtension(oid.subjectKeyId, false, writeOctets(subjectKeyId)))
  if (authorityKeyId) {
    parts.push(writeExtension(oid.authorityKeyId, false, writeSequence(writeValue(contextTag(0), authorityKeyId))))
  }
  const names = altNames ? writeAltNames(altNames) : []
  if (names.length > 0) parts.push(writeExtension(oid.subjectAltName, fields.isAltNamesCritical ?? false, writeSequence(...names)))
  return parts.length > 0 ? writeSequence(...parts) : undefined
}

export function writeExtension(name: string, isCritical: boolean, content: Uint8Array): Uint8Array {
  return writeSequence(writeOid(name), ...(isCritical ? [writeBoolean(true)] : []), writeOctets(content))
}

function writeBasicConstraints({ isCa, pathLength }: { readonly isCa: boolean; readonly pathLength?: number }): Uint8Array {
  if (!isCa) return writeSequence()
  return writeSequence(writeBoolean(true), ...(pathLength === undefined ? [] : [writeUnsignedInteger(Uint8Array.of(pathLength))]))
}

function writeKeyUsages(usages: readonly KeyUsageName[]): Uint8Array {
  const bits = usages.map((name) => keyUsageNames.indexOf(name))
  const last = Math.max(...bits)
  const octets = new Uint8Array((last >> 3) + 1)
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] as number) | (0x80 >> (bit & 7))
  return writeBits(octets, 7 - (last & 7))
}

function writeAltNames({ uris = [], dnsNames = [], ipAddresses = [] }: AltNameFields): Uint8Array[] {
  return [
    ...uris.map((uri) => writeValue(contextTag(6), Buffer.from(uri, 'latin1'))),
    ...dnsNames.map((name) => writeValue(contextTag(2), Buffer.from(name, 'latin1'))),
    ...ipAddresses.map((address) => writeValue(contextTag(7), address)),
  ]
}
