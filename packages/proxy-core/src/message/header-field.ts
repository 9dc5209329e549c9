/**
 * Header fields of HTTP/2 as objects: what the compression tables of RFC 7541 hold. A field that a peer's decoder has in
 * its table is the very key that other peers' encoders look for, so a repeated field costs one look-up by identity, is
 * checked once in its life, and is copied as bytes. Bounded caches of the process make equal fields one object.
 */
import { classifyHeaderName, type HeaderId, headerId } from './header-names.js'
import { latin1 } from './latin1.js'

/** What the rules of messages (RFC 9113 section 8) have to say about a name. */
export const fieldKind = {
  regular: 0,
  method: 1,
  scheme: 2,
  authority: 3,
  path: 4,
  status: 5,
  protocol: 6,
  /** Pseudo-header fields that are not defined. */
  unknownPseudo: 7,
  host: 8,
  contentLength: 9,
  /** Fields of one connection, which HTTP/2 has no place for. */
  connection: 10,
  te: 11,
  cookie: 12,
  expect: 13,
} as const

const kinds: ReadonlyMap<string, number> = new Map([
  [':method', fieldKind.method],
  [':scheme', fieldKind.scheme],
  [':authority', fieldKind.authority],
  [':path', fieldKind.path],
  [':status', fieldKind.status],
  [':protocol', fieldKind.protocol],
  ['host', fieldKind.host],
  ['content-length', fieldKind.contentLength],
  ['connection', fieldKind.connection],
  ['keep-alive', fieldKind.connection],
  ['proxy-connection', fieldKind.connection],
  ['transfer-encoding', fieldKind.connection],
  ['upgrade', fieldKind.connection],
  ['te', fieldKind.te],
  ['cookie', fieldKind.cookie],
  ['expect', fieldKind.expect],
])

/** Values that differ from message to message, or are secrets: they would only push others out of the tables (RFC 7541 section 7.1.3). */
const passing: ReadonlySet<string> = new Set([
  ':path',
  'authorization',
  'content-length',
  'cookie',
  'etag',
  'grpc-timeout',
  'if-modified-since',
  'if-none-match',
  'last-modified',
  'location',
  'proxy-authorization',
  'set-cookie',
  'traceparent',
  'x-b3-parentspanid',
  'x-b3-spanid',
  'x-b3-traceid',
  'x-request-id',
])
const secrets: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization'])

export class FieldName {
  /** As it came; sound ones are in lower case. */
  readonly text: string
  readonly id: HeaderId
  /** One of `fieldKind`. */
  readonly kind: number
  /** `name: `. */
  readonly line: Uint8Array
  /** A token without capitals, or a colon and such a token. */
  readonly isSound: boolean
  /** Whether equal values are to be expected. */
  readonly repeats: boolean
  readonly isSecret: boolean
  /** Of the first entry of the static table with this name; 0: none. */
  staticIndex = 0

  constructor(text: string) {
    this.text = text
    this.line = Buffer.from(`${text}: `, 'latin1')
    this.isSound = /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/.test(text)
    this.id = this.isSound ? classifyHeaderName(this.line, 0, text.length) : headerId.other
    this.kind = kinds.get(text) ?? (text.startsWith(':') ? fieldKind.unknownPseudo : fieldKind.regular)
    this.repeats = !passing.has(text)
    this.isSecret = secrets.has(text)
  }
}

export class HeaderField {
  readonly name: FieldName
  readonly value: string
  /** `name: value` and the end of the line. */
  readonly line: Uint8Array
  /** Whether name and value may stand in a message. */
  readonly isSound: boolean
  /** What it counts in a table (RFC 7541 section 4.1). */
  readonly size: number
  /** In the static table; 0: not there. */
  staticIndex = 0

  constructor(name: FieldName, value: string) {
    this.name = name
    this.value = value
    this.line = Buffer.from(`${name.text}: ${value}\r\n`, 'latin1')
    this.isSound = name.isSound && isFieldValue(value)
    this.size = name.text.length + value.length + 32
  }
}

/** Stands where a field came as one that must never enter a table. */
export const secretOrigin: HeaderField = new HeaderField(new FieldName('authorization'), '')

/** RFC 9113 section 8.2.1, and no other control characters either. */
export function isFieldValue(value: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are the matter
  return !/[\0-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$/.test(value)
}

const nameSlots = 1024
const namesBySlot: (FieldName | undefined)[] = Array.from({ length: nameSlots }, () => undefined)
const knownNames = new Map<string, FieldName>()

/** The name at [start, end) of a buffer. */
export function readFieldName(buffer: Buffer, start: number, end: number): FieldName {
  const length = end - start
  const slot = slotOf(buffer, start, end)
  const found = namesBySlot[slot]
  if (found !== undefined && found.text.length === length && hasBytes(found.line, buffer, start, length)) return found
  const name = fieldNameOf(latin1(buffer, start, end))
  namesBySlot[slot] = name
  return name
}

function slotOf(buffer: Buffer, start: number, end: number): number {
  const length = end - start
  if (length === 0) return 0
  const middle = start + (length >> 1)
  return (
    (length * 61 + (buffer[start] as number) * 7 + (buffer[middle] as number) * 131 + (buffer[end - 1] as number) * 17) & (nameSlots - 1)
  )
}

function hasBytes(bytes: Uint8Array, buffer: Buffer, start: number, length: number): boolean {
  for (let at = 0; at < length; at++) if (bytes[at] !== buffer[start + at]) return false
  return true
}

/** @param text in lower case where it is to be sound. */
export function fieldNameOf(text: string): FieldName {
  const known = knownNames.get(text)
  if (known !== undefined) return known
  const name = new FieldName(text)
  // Names of peers beyond these are made again when they come again.
  if (knownNames.size < maxKnownNames && text.length <= 64) knownNames.set(text, name)
  return name
}

const maxKnownNames = 2048

/** Enters a field of the static table. */
export function registerStatic(field: HeaderField, index: number): void {
  field.staticIndex = index
  if (field.name.staticIndex === 0) field.name.staticIndex = index
  remembered.set(lineOf(field.name, field.value), field)
  pinned.push(field)
}

const maxRemembered = 8192
const maxRememberedSize = 1024
const pinned: HeaderField[] = []
const remembered = new Map<string, HeaderField>()

function lineOf(name: FieldName, value: string): string {
  return `${name.text}: ${value}`
}

/** The one object of this process for a field that goes into a table. */
export function rememberField(name: FieldName, value: string): HeaderField {
  const key = lineOf(name, value)
  const known = remembered.get(key)
  if (known !== undefined) return known
  const field = new HeaderField(name, value)
  if (field.size > maxRememberedSize) return field
  if (remembered.size >= maxRemembered) {
    // Tables hold on to what they have; only new tables will not find these again.
    remembered.clear()
    for (const kept of pinned) remembered.set(lineOf(kept.name, kept.value), kept)
  }
  remembered.set(key, field)
  return field
}

const touchSlots = 2048
const touched: (HeaderField | undefined)[] = Array.from({ length: touchSlots }, () => undefined)
const touchedOnce = new Int32Array(touchSlots)
const maxTouchedLength = 256

/**
 * The object for a field that the engine or an HTTP/1.1 peer wrote, when it came before: what comes once only is not worth
 * a place in a table.
 */
export function repeatedField(name: FieldName, value: string): HeaderField | undefined {
  const { length } = value
  if (!name.repeats || length > maxTouchedLength) return undefined
  let hash = Math.imul(name.text.length * 31 + name.id, 0x9e3779b1) ^ length
  for (let at = 0; at < length; at++) hash = Math.imul(hash ^ value.charCodeAt(at), 0x01000193)
  hash ^= hash >>> 15
  const slot = hash & (touchSlots - 1)
  const found = touched[slot]
  if (found !== undefined && found.name === name && found.value === value) return found
  if (touchedOnce[slot] !== hash) {
    touchedOnce[slot] = hash
    return undefined
  }
  const field = rememberField(name, value)
  touched[slot] = field
  return field
}
