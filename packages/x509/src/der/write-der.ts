/** DER writer: each function returns one complete tag-length-value (X.690 with the minimal definite length form). */
import { encodeOid } from './oid.js'
import { contextConstructedTag, tag } from './tag.js'

export function writeValue(identifier: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const header = writeHeader(identifier, length)
  const out = new Uint8Array(header.length + length)
  out.set(header)
  let offset = header.length
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

function writeHeader(identifier: number, length: number): readonly number[] {
  if (length < 0x80) return [identifier, length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [identifier, 0x80 | octets.length, ...octets]
}

export function writeSequence(...parts: readonly Uint8Array[]): Uint8Array {
  return writeValue(tag.sequence, ...parts)
}

export function writeExplicit(number: number, part: Uint8Array): Uint8Array {
  return writeValue(contextConstructedTag(number), part)
}

/** @param magnitude unsigned, big-endian; leading zeros are dropped. */
export function writeUnsignedInteger(magnitude: Uint8Array): Uint8Array {
  let start = 0
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++
  const body = magnitude.subarray(start)
  const sign = (body[0] ?? 0) >= 0x80 || body.length === 0 ? Uint8Array.of(0) : new Uint8Array(0)
  return writeValue(tag.integer, sign, body)
}

export function writeBoolean(value: boolean): Uint8Array {
  return writeValue(tag.boolean, Uint8Array.of(value ? 0xff : 0))
}

export function writeOid(dotted: string): Uint8Array {
  return writeValue(tag.oid, encodeOid(dotted))
}

export function writeOctets(content: Uint8Array): Uint8Array {
  return writeValue(tag.octetString, content)
}

/** @param unusedBits of the last octet. Default: 0. */
export function writeBits(content: Uint8Array, unusedBits = 0): Uint8Array {
  return writeValue(tag.bitString, Uint8Array.of(unusedBits), content)
}
