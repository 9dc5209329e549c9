/** Requests that ask for anything, signed by keys of any kind: what the package's own writer cannot be made to write. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { encodePem } from '@heddle/x509'

export function tlv(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const octets = length.subarray(length.findIndex((octet) => octet !== 0))
  return Buffer.concat([content.length < 0x80 ? Buffer.of(tag, content.length) : Buffer.of(tag, 0x80 | octets.length, ...octets), content])
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => tlv(0x30, ...parts)
export const hex = (text: string): Uint8Array => Buffer.from(text, 'hex')
export const bits = (content: Uint8Array, unused = 0): Uint8Array => tlv(0x03, Uint8Array.of(unused), content)

/** @param name the identifier's octets in hexadecimal. */
export function extension(name: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  return sequence(tlv(0x06, hex(name)), ...(isCritical ? [hex('0101ff')] : []), tlv(0x04, value))
}

export interface RawRequest {
  /** Signs. */
  readonly key: KeyObject
  /** Default: the public half of `key`. */
  readonly spki?: Uint8Array
  /** A Name in DER. Default: the empty one. */
  readonly subject?: Uint8Array
  /** Whole attributes. Default: none. */
  readonly attributes?: readonly Uint8Array[]
}

export function rawRequest({ key, subject = sequence(), attributes = [], ...given }: RawRequest): string {
  const spki = given.spki ?? createPublicKey(key).export({ format: 'der', type: 'spki' })
  const info = sequence(hex('020100'), subject, spki, tlv(0xa0, ...attributes))
  const hash = key.asymmetricKeyType?.startsWith('ed') ? null : 'sha256'
  return encodePem('CERTIFICATE REQUEST', sequence(info, hex(algorithms[key.asymmetricKeyType ?? ''] ?? ''), bits(sign(hash, info, key))))
}

/** The extension request of PKCS#9. */
export function asking(...extensions: readonly Uint8Array[]): Uint8Array {
  return sequence(hex('06092a864886f70d01090e'), tlv(0x31, sequence(...extensions)))
}

/** Each with SHA-256 where there is a choice. */
const algorithms: Readonly<Record<string, string>> = {
  ec: '300a06082a8648ce3d040302',
  rsa: '300d06092a864886f70d01010b0500',
  'rsa-pss': '300b06092a864886f70d01010a',
  dsa: '300b0609608648016503040302',
  ed25519: '300506032b6570',
  ed448: '300506032b6571',
}
