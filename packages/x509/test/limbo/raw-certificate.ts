/**
 * Certificates of any shape, also of shapes that the package's own writer cannot make: every field is a TLV that a case may replace,
 * drop or spoil, and the result is signed as it stands, so that a verifier has nothing but the one fault to find.
 */
import { type KeyObject, createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { oid } from '../../src/der/oid.js'
import { contextTag, tag } from '../../src/der/tag.js'
import { writeTime } from '../../src/der/time.js'
import { writeBits, writeBoolean, writeExplicit, writeOctets, writeOid, writeSequence, writeValue } from '../../src/der/write-der.js'

export const nowMs: number = Date.UTC(2026, 5, 1, 12)
export const hourMs = 3_600_000
export const yearMs: number = 365 * 24 * hourMs
export const workloadUri = 'spiffe://cluster.local/ns/default/sa/hello'

export interface RawExtension {
  readonly name: string
  readonly isCritical?: boolean
  readonly value: Uint8Array
}

/** TLVs in the order of RFC 5280; a case replaces some. */
export interface RawFields {
  version: Uint8Array | undefined
  serial: Uint8Array
  algorithm: Uint8Array
  /** Default: the same as `algorithm`. */
  outerAlgorithm: Uint8Array | undefined
  issuer: Uint8Array
  notBefore: Uint8Array
  notAfter: Uint8Array
  subject: Uint8Array
  spki: Uint8Array
  uniqueIds: readonly Uint8Array[]
  extensions: RawExtension[]
  /** Default: the extensions in a SEQUENCE. */
  extensionList: Uint8Array | undefined
  afterExtensions: Uint8Array
  hash: string | null
  signature: (value: Uint8Array) => Uint8Array
  /** What becomes of the finished DER. */
  whole: (der: Uint8Array) => Uint8Array
}

export interface RawParty {
  readonly key: KeyObject
  readonly der: Uint8Array
  readonly subject: Uint8Array
  readonly keyId: Uint8Array
}

export type Change = (fields: RawFields) => void
export type Role = 'root' | 'intermediate' | 'leaf'

export const ecdsaSha256: Uint8Array = writeSequence(writeOid(oid.ecdsaSha256))
const keyUsageBits = { leaf: Uint8Array.of(0x80), root: Uint8Array.of(0x06), intermediate: Uint8Array.of(0x06) }
const keyUsagePadding = { leaf: 7, root: 1, intermediate: 1 }
let nextSerial = 1

export function ecKey(curve = 'P-256'): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: curve }).privateKey
}

export function spkiOf(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ format: 'der', type: 'spki' })
}

export function commonName(text: string): Uint8Array {
  const value = writeValue(tag.utf8String, Buffer.from(text, 'utf8'))
  return writeSequence(writeValue(tag.set, writeSequence(writeOid(oid.commonName), value)))
}

export function uriName(uri: string): Uint8Array {
  return writeValue(contextTag(6), Buffer.from(uri, 'latin1'))
}

export function dnsName(name: string): Uint8Array {
  return writeValue(contextTag(2), Buffer.from(name, 'latin1'))
}

/** A good certificate of its role, but for what `change` does to it. */
export function makeRaw(role: Role, issuer: RawParty | undefined, change: Change = () => {}, key: KeyObject = ecKey()): RawParty {
  const publicKey = spkiOf(key)
  const keyId = createHash('sha1').update(publicKey).digest()
  const serial = nextSerial++
  const subject = role === 'leaf' ? writeSequence() : commonName(`${role} ${serial}`)
  const fields: RawFields = {
    version: writeExplicit(0, writeValue(tag.integer, Uint8Array.of(2))),
    serial: writeValue(tag.integer, Uint8Array.of(0x40, serial >> 8, serial & 0xff, 0, 0, 0, 0, 1)),
    algorithm: ecdsaSha256,
    outerAlgorithm: undefined,
    issuer: issuer?.subject ?? subject,
    notBefore: writeTime(nowMs - hourMs),
    notAfter: writeTime(nowMs + (role === 'leaf' ? hourMs : yearMs)),
    subject,
    spki: publicKey,
    uniqueIds: [],
    extensions: extensionsOf(role, keyId, issuer?.keyId ?? keyId),
    extensionList: undefined,
    afterExtensions: new Uint8Array(0),
    hash: 'sha256',
    signature: (value) => value,
    whole: (der) => der,
  }
  change(fields)
  return { key, keyId, subject: fields.subject, der: finish(fields, issuer?.key ?? key) }
}

function finish(fields: RawFields, signer: KeyObject): Uint8Array {
  const { version, serial, algorithm, issuer, notBefore, notAfter, subject, spki, uniqueIds, extensions, afterExtensions } = fields
  const list = fields.extensionList ?? writeSequence(...extensions.map(writeRawExtension))
  const hasList = fields.extensionList !== undefined || extensions.length > 0
  const tbs = writeSequence(
    ...(version ? [version] : []),
    serial,
    algorithm,
    issuer,
    writeSequence(notBefore, notAfter),
    subject,
    spki,
    ...uniqueIds,
    ...(hasList ? [writeExplicit(3, list)] : []),
    afterExtensions,
  )
  const value = fields.signature(sign(fields.hash, tbs, signer))
  return fields.whole(writeSequence(tbs, fields.outerAlgorithm ?? algorithm, writeBits(value)))
}

export function writeRawExtension({ name, isCritical, value }: RawExtension): Uint8Array {
  return writeSequence(writeOid(name), ...(isCritical ? [writeBoolean(true)] : []), writeOctets(value))
}

function extensionsOf(role: Role, keyId: Uint8Array, issuerKeyId: Uint8Array): RawExtension[] {
  const isCa = role !== 'leaf'
  const usage = writeBits(keyUsageBits[role], keyUsagePadding[role])
  const common: RawExtension[] = [
    { name: oid.keyUsage, isCritical: true, value: usage },
    { name: oid.basicConstraints, isCritical: true, value: writeSequence(...(isCa ? [writeBoolean(true)] : [])) },
    { name: oid.subjectKeyId, value: writeOctets(keyId) },
    { name: oid.authorityKeyId, value: writeSequence(writeValue(contextTag(0), issuerKeyId)) },
  ]
  if (isCa) return common
  return [
    ...common,
    { name: oid.extendedKeyUsage, value: writeSequence(writeOid(oid.serverAuth), writeOid(oid.clientAuth)) },
    { name: oid.subjectAltName, isCritical: true, value: writeSequence(uriName(workloadUri)) },
  ]
}

/** Replaces the extension of that name, or takes it out. */
export function extension(name: string, replacement: Omit<RawExtension, 'name'> | undefined): Change {
  return (fields) => {
    const kept = fields.extensions.filter((known) => known.name !== name)
    fields.extensions = replacement ? [...kept, { name, ...replacement }] : kept
  }
}

export function withNames(...names: readonly Uint8Array[]): Change {
  return extension(oid.subjectAltName, { isCritical: true, value: writeSequence(...names) })
}

export function both(...changes: readonly Change[]): Change {
  return (fields) => {
    for (const change of changes) change(fields)
  }
}
