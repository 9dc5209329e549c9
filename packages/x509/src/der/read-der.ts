/**
 * Strict DER reader (X.690 sections 8-11): definite, minimal lengths, one-octet tags, nothing left over. It reads lazily, so
 * a value that nobody asks for costs nothing, and it never allocates by a length it has not compared with the input.
 */
import { refuse } from './der-fault.js'
import { tag } from './tag.js'

/** One tag-length-value inside `bytes`. */
export interface DerElement {
  readonly bytes: Uint8Array
  readonly tag: number
  readonly start: number
  readonly contentStart: number
  readonly end: number
  readonly depth: number
}

/** A position inside a constructed value; `offset` moves on as elements are taken. */
export interface DerCursor {
  readonly bytes: Uint8Array
  readonly end: number
  readonly depth: number
  offset: number
}

const maxDepth = 16

/** Opens the one value that `bytes` must consist of. */
export function readWhole(bytes: Uint8Array, expectedTag: number, what: string): DerElement {
  const cursor: DerCursor = { bytes, offset: 0, end: bytes.length, depth: 0 }
  const element = take(cursor, expectedTag, what)
  finish(cursor, what)
  return element
}

export function enter(element: DerElement): DerCursor {
  if (element.depth >= maxDepth) refuse(`DER is nested deeper than ${maxDepth} levels`)
  return { bytes: element.bytes, offset: element.contentStart, end: element.end, depth: element.depth + 1 }
}

export function hasMore(cursor: DerCursor): boolean {
  return cursor.offset < cursor.end
}

export function finish(cursor: DerCursor, what: string): void {
  if (hasMore(cursor)) refuse(`${what} has ${cursor.end - cursor.offset} bytes after its last field`)
}

export function take(cursor: DerCursor, expectedTag: number, what: string): DerElement {
  const element = takeAny(cursor, what)
  if (element.tag !== expectedTag) refuse(`${what} has tag 0x${element.tag.toString(16)}, expected 0x${expectedTag.toString(16)}`)
  return element
}

export function takeOptional(cursor: DerCursor, expectedTag: number, what: string): DerElement | undefined {
  return hasMore(cursor) && cursor.bytes[cursor.offset] === expectedTag ? takeAny(cursor, what) : undefined
}

export function takeAny(cursor: DerCursor, what: string): DerElement {
  const { bytes, end } = cursor
  const start = cursor.offset
  if (start + 2 > end) refuse(`${what} is cut short`)
  const identifier = bytes[start] as number
  if ((identifier & 0x1f) === 0x1f) refuse(`${what} uses a tag number above 30`)
  const first = bytes[start + 1] as number
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f
  const contentStart = start + 2 + lengthOctets
  const length = first < 0x80 ? first : longLength(bytes, start + 2, lengthOctets, end, what)
  if (contentStart + length > end) refuse(`${what} is cut short: ${length} bytes announced, ${Math.max(0, end - contentStart)} present`)
  cursor.offset = contentStart + length
  return { bytes, tag: identifier, start, contentStart, end: contentStart + length, depth: cursor.depth }
}

function longLength(bytes: Uint8Array, offset: number, octets: number, end: number, what: string): number {
  if (octets === 0) refuse(`${what} has an indefinite length`)
  if (octets > 4 || offset + octets > end) refuse(`${what} has a length that does not fit`)
  let length = 0
  for (let index = 0; index < octets; index++) length = length * 256 + (bytes[offset + index] as number)
  if (length < 0x80 || bytes[offset] === 0) refuse(`${what} has a length that is not minimal`)
  return length
}

export function contentOf(element: DerElement): Uint8Array {
  return element.bytes.subarray(element.contentStart, element.end)
}

/** The whole value, tag and length included. */
export function encodingOf(element: DerElement): Uint8Array {
  return element.bytes.subarray(element.start, element.end)
}

export function takeBoolean(cursor: DerCursor, what: string): boolean {
  const content = contentOf(take(cursor, tag.boolean, what))
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) refuse(`${what} is not a DER boolean`)
  return content[0] === 0xff
}

/** Two's complement content of an INTEGER, checked to be minimal. */
export function takeInteger(cursor: DerCursor, what: string): Uint8Array {
  const content = contentOf(take(cursor, tag.integer, what))
  const [first, second] = content
  if (first === undefined) refuse(`${what} is an empty integer`)
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    refuse(`${what} is an integer that is not minimal`)
  }
  return content
}

/** A small non-negative INTEGER, such as a version or a path length. */
export function takeSmallInteger(cursor: DerCursor, what: string): number {
  const content = takeInteger(cursor, what)
  if (content.length > 4 || (content[0] as number) >= 0x80) refuse(`${what} is out of range`)
  return content.reduce((value, byte) => value * 256 + byte, 0)
}

/** Content of a BIT STRING that is a whole number of octets. */
export function takeOctetAlignedBits(cursor: DerCursor, what: string): Uint8Array {
  const content = contentOf(take(cursor, tag.bitString, what))
  if (content.length < 1 || content[0] !== 0) refuse(`${what} is not a whole number of octets`)
  return content.subarray(1)
}
