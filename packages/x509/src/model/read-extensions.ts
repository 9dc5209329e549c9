/** Reads the extension list of a certificate or request. A repeated extension or an empty list is malformed, as RFC 5280 says. */
import { refuse } from '../der/der-fault.js'
import { decodeOid, oid } from '../der/oid.js'
import {
  type DerElement,
  contentOf,
  enter,
  finish,
  hasMore,
  readWhole,
  take,
  takeAny,
  takeBoolean,
  takeOptional,
  takeSmallInteger,
} from '../der/read-der.js'
import { contextConstructedTag, contextTag, tag } from '../der/tag.js'
import {
  type BasicConstraints,
  type CertificateExtensions,
  type ExtendedKeyUsage,
  type KeyUsage,
  type SubjectAltNames,
  keyUsageNames,
} from './extensions.js'

export interface RawExtension {
  readonly isCritical: boolean
  readonly content: Uint8Array
}

const handled = new Set<string>([
  oid.subjectAltName,
  oid.basicConstraints,
  oid.keyUsage,
  oid.extendedKeyUsage,
  oid.subjectKeyId,
  oid.authorityKeyId,
])

/** @param list the SEQUENCE of extensions, or undefined when there is none. */
export function readExtensions(list: DerElement | undefined): CertificateExtensions {
  const raw = list ? readRawExtensions(list) : new Map<string, RawExtension>()
  return {
    subjectAltNames: map(raw.get(oid.subjectAltName), readSubjectAltNames),
    basicConstraints: map(raw.get(oid.basicConstraints), readBasicConstraints),
    keyUsage: map(raw.get(oid.keyUsage), readKeyUsage),
    extendedKeyUsage: map(raw.get(oid.extendedKeyUsage), readExtendedKeyUsage),
    subjectKeyId: map(raw.get(oid.subjectKeyId), readSubjectKeyId),
    authorityKeyId: map(raw.get(oid.authorityKeyId), readAuthorityKeyId),
    unhandled: [...raw]
      .filter(([name, { isCritical }]) => !handled.has(name) && (isCritical || name === oid.nameConstraints))
      .map(([name]) => name),
  }
}

function map<T>(extension: RawExtension | undefined, read: (extension: RawExtension) => T): T | undefined {
  return extension && read(extension)
}

export function readRawExtensions(list: DerElement): Map<string, RawExtension> {
  const found = new Map<string, RawExtension>()
  const items = enter(list)
  if (!hasMore(items)) refuse('the extension list is empty')
  while (hasMore(items)) {
    const fields = enter(take(items, tag.sequence, 'an extension'))
    const name = decodeOid(contentOf(take(fields, tag.oid, 'an extension name')))
    const isCritical = hasMore(fields) && fields.bytes[fields.offset] === tag.boolean ? takeBoolean(fields, 'the critical flag') : false
    const content = contentOf(take(fields, tag.octetString, `extension ${name}`))
    finish(fields, `extension ${name}`)
    if (found.has(name)) refuse(`extension ${name} appears twice`)
    found.set(name, { isCritical, content })
  }
  return found
}

function readSubjectAltNames({ isCritical, content }: RawExtension): SubjectAltNames {
  const names = enter(readWhole(content, tag.sequence, 'the subject alternative names'))
  if (!hasMore(names)) refuse('the subject alternative names are empty')
  const uris: string[] = []
  const dnsNames: string[] = []
  const ipAddresses: Uint8Array[] = []
  let otherCount = 0
  while (hasMore(names)) {
    const name = takeAny(names, 'a subject alternative name')
    if (name.tag === contextTag(6)) uris.push(readAscii(name, 'a URI name'))
    else if (name.tag === contextTag(2)) dnsNames.push(readAscii(name, 'a DNS name'))
    else if (name.tag === contextTag(7)) ipAddresses.push(readIp(name))
    else otherCount++
  }
  return { isCritical, uris, dnsNames, ipAddresses, otherCount }
}

function readAscii(element: DerElement, what: string): string {
  const content = contentOf(element)
  if (content.length === 0) refuse(`${what} is empty`)
  if (content.some((octet) => octet < 0x20 || octet > 0x7e)) refuse(`${what} has a character that is not printable ASCII`)
  return Buffer.from(content).toString('latin1')
}

function readIp(element: DerElement): Uint8Array {
  const content = contentOf(element)
  if (content.length !== 4 && content.length !== 16) refuse(`an IP name has ${content.length} octets, expected 4 or 16`)
  return content
}

function readBasicConstraints({ isCritical, content }: RawExtension): BasicConstraints {
  const fields = enter(readWhole(content, tag.sequence, 'the basic constraints'))
  const isCa = hasMore(fields) && fields.bytes[fields.offset] === tag.boolean ? takeBoolean(fields, 'the CA flag') : false
  const pathLength = hasMore(fields) ? takeSmallInteger(fields, 'the path length') : undefined
  finish(fields, 'the basic constraints')
  if (pathLength !== undefined && !isCa) refuse('a path length is given to a certificate that is not a CA')
  return { isCritical, isCa, pathLength }
}

function readKeyUsage({ isCritical, content }: RawExtension): KeyUsage {
  const [unusedBits = 8, ...octets] = contentOf(readWhole(content, tag.bitString, 'the key usage'))
  if (unusedBits > 7 || octets.length === 0 || octets.length > 2) refuse('the key usage is not a bit string of 1 to 9 bits')
  if (((octets.at(-1) as number) & ((1 << unusedBits) - 1)) !== 0) refuse('the key usage has bits set in its padding')
  const usages = keyUsageNames.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0)
  if (usages.length === 0) refuse('the key usage allows nothing')
  return { isCritical, usages }
}

function readExtendedKeyUsage({ isCritical, content }: RawExtension): ExtendedKeyUsage {
  const items = enter(readWhole(content, tag.sequence, 'the extended key usage'))
  const purposes: string[] = []
  while (hasMore(items)) purposes.push(decodeOid(contentOf(take(items, tag.oid, 'an extended key usage'))))
  if (purposes.length === 0) refuse('the extended key usage is empty')
  return { isCritical, purposes }
}

function readSubjectKeyId({ content }: RawExtension): string {
  const keyId = contentOf(readWhole(content, tag.octetString, 'the subject key identifier'))
  return keyId.length > 0 ? hex(keyId) : refuse('the subject key identifier is empty')
}

export function readAuthorityKeyId({ content }: RawExtension): string | undefined {
  const fields = enter(readWhole(content, tag.sequence, 'the authority key identifier'))
  const keyId = takeOptional(fields, contextTag(0), 'the authority key identifier')
  takeOptional(fields, contextConstructedTag(1), "the authority's issuer")
  takeOptional(fields, contextTag(2), "the authority's serial number")
  finish(fields, 'the authority key identifier')
  return keyId && hex(contentOf(keyId))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
