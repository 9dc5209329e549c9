/**
 * Header fields of HTTP/2 as objects: what the compression tables of RFC 7541 hold. A field that a peer's decoder has in
 * its table is the very key that other peers' encoders look for, so a repeated field costs one look-up by identity, is
 * checked once in its life, and is copied as bytes. Bounded caches of the process make equal fields one object.
 */
import { classifyHeaderName, type HeaderId, headerId } from './header-names.js'
import { latin1 } from './latin1.js'
import { mayTrail } from './trailer-fields.js'

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
  /** Whether it may stand in trailers. */
  readonly mayTrail: boolean
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
    this.mayTrail = mayTrail(text)
  }
}

export class HeaderField {
  readonly name: FieldName
  readonly value: string
  /** What it counts in a table (RFC 7541 section 4.1). */
  readonly size: number
  /** In the static table; 0: not there. */
  staticIndex = 0
  /** Made when first asked for: many fields enter a table and are never looked at again. */
  #line: Uint8Array | undefined
  #soundness: boolean | undefined

  constructor(name: FieldName, value: string) {
    this.name = name
    this.value = value
    this.size = name.line.length + value.length + 30
  }

  /** `name: value` and the end of the line. */
  get line(): Uint8Array {
    return (this.#line ??= Buffer.from(`${this.name.text}: ${this.value}\r\n`, 'latin1'))
  }
  /** Whether name and value may stand in a message. */
  get isSound(): boolean {
    return (this.#soundness ??= this.name.isSound && isFieldValue(this.value))
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

/** The name at [start, end) of a text, in lower case. */
export function fieldNameAt(text: string, start: number, end: number): FieldName {
  const length = end - start
  const middle = text.charCodeAt(start + (length >> 1))
  const slot = (length * 61 + text.charCodeAt(start) * 7 + middle * 131 + text.charCodeAt(end - 1) * 17) & (nameSlots - 1)
  const found = namesBySlot[slot]
  if (found !== undefined && found.text.length === length && text.startsWith(found.text, start)) return found
  const name = fieldNameOf(text.slice(start, end).toLowerCase())
  namesBySlot[slot] = name
  return name
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
  fields[hashOf(field.name, field.value) & (fieldSlots - 1)] = field
}

const fieldSlots = 4096
/** Fields that came more than once, each in the one place that its hash names. */
const fields: (HeaderField | undefined)[] = Array.from({ length: fieldSlots }, () => undefined)
/** Hashes of what came last, whether or not it is known as a field. */
const seen = new Int32Array(fieldSlots)
const maxFieldLength = 256

function seedOf(name: FieldName, length: number): number {
  return Math.imul(name.line.length * 31 + (name.line[1] as number), 0x9e3779b1) ^ length
}

function hashOf(name: FieldName, value: string): number {
  let hash = seedOf(name, value.length)
  for (let at = 0; at < value.length; at++) hash = Math.imul(hash ^ value.charCodeAt(at), 0x01000193)
  return hash ^ (hash >>> 15)
}

function hashOfBytes(name: FieldName, bytes: Uint8Array, start: number, end: number): number {
  let hash = seedOf(name, end - start)
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
  return hash ^ (hash >>> 15)
}

/**
 * The object for a field that the engine or an HTTP/1.1 peer wrote, when it came before: what comes once only is not worth
 * a place in a table.
 */
export function repeatedField(name: FieldName, value: string): HeaderField | undefined {
  if (!name.repeats || value.length > maxFieldLength) return undefined
  const hash = hashOf(name, value)
  const slot = hash & (fieldSlots - 1)
  const found = fields[slot]
  if (found !== undefined && found.name === name && found.value === value) return found
  return remember(hash, name, value)
}

/** The object for a field that a peer puts into its table, when it came before. */
export function knownField(name: FieldName, bytes: Buffer, start: number, end: number): HeaderField | undefined {
  if (end - start > maxFieldLength) return undefined
  const hash = hashOfBytes(name, bytes, start, end)
  const slot = hash & (fieldSlots - 1)
  const found = fields[slot]
  if (found !== undefined && found.name === name && isValue(found.value, bytes, start, end)) return found
  return seen[slot] === hash ? remember(hash, name, latin1(bytes, start, end)) : void (seen[slot] = hash)
}

function isValue(value: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (value.length !== end - start) return false
  for (let at = 0; at < value.length; at++) if (value.charCodeAt(at) !== bytes[start + at]) return false
  return true
}

function remember(hash: number, name: FieldName, value: string): HeaderField | undefined {
  const slot = hash & (fieldSlots - 1)
  if (seen[slot] !== hash) {
    seen[slot] = hash
    return undefined
  }
  return (fields[slot] = new HeaderField(name, value))
}
