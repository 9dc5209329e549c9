/**
 * The wire form of google.protobuf.Struct for strings and nested structs: all that Istio's peer metadata holds. Written
 * here so that the engine needs no protobuf library; other value kinds are skipped when read.
 */
export interface TextStruct {
  readonly [key: string]: string | TextStruct
}

const wireVarint = 0
const wire64 = 1
const wireBytes = 2
const wire32 = 5

/** Deeper nesting than this is not metadata. */
const maxDepth = 8

/** Keys are written in order, so that equal metadata gives equal bytes. */
export function encodeStruct(struct: TextStruct): Buffer {
  const entries = Object.keys(struct)
    .sort()
    .map((key) => {
      const value = struct[key] as string | TextStruct
      const encoded = typeof value === 'string' ? field(3, Buffer.from(value)) : field(5, encodeStruct(value))
      return field(1, Buffer.concat([field(1, Buffer.from(key)), field(2, encoded)]))
    })
  return Buffer.concat(entries)
}

/** Undefined for bytes that are no Struct. */
export function decodeStruct(bytes: Uint8Array): TextStruct | undefined {
  return decodeNested(bytes, 0)
}

function decodeNested(bytes: Uint8Array, depth: number): TextStruct | undefined {
  const entries = depth > maxDepth ? undefined : readFields(bytes)
  if (entries === undefined) return undefined
  const struct: Record<string, string | TextStruct> = Object.create(null) as Record<string, string | TextStruct>
  for (const { number, bytes: entry } of entries) {
    if (number !== 1) continue
    const parts = readFields(entry)
    if (parts === undefined) return undefined
    const key = textOf(last(parts, 1))
    const value = decodeValue(last(parts, 2), depth)
    // A key given again replaces the value, also by a kind that is skipped.
    if (value === undefined) delete struct[key]
    else struct[key] = value
  }
  return struct
}

/** The last member of the oneof counts. */
function decodeValue(bytes: Uint8Array, depth: number): string | TextStruct | undefined {
  const member = readFields(bytes)?.findLast(({ number }) => number >= 1 && number <= 6)
  if (member?.number === 3) return textOf(member.bytes)
  if (member?.number === 5) return decodeNested(member.bytes, depth + 1)
  return undefined
}

const noBytes = new Uint8Array(0)

function last(fields: readonly Field[], number: number): Uint8Array {
  return fields.findLast((each) => each.number === number)?.bytes ?? noBytes
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | wireBytes]), varint(content.length), content])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}

interface Field {
  readonly number: number
  /** Empty unless the field is length-delimited. */
  readonly bytes: Uint8Array
}

/** Undefined for broken bytes. */
function readFields(bytes: Uint8Array): readonly Field[] | undefined {
  const fields: Field[] = []
  const reader = new VarintReader(bytes)
  while (reader.at < bytes.length) {
    const key = reader.next()
    const number = Math.floor(key / 8)
    if (number < 1) return undefined
    const length = lengthOf(key % 8, reader)
    if (length < 0 || reader.at + length > bytes.length) return undefined
    fields.push({ number, bytes: key % 8 === wireBytes ? bytes.subarray(reader.at, reader.at + length) : noBytes })
    reader.at += length
  }
  return fields
}

/** Bytes that follow; negative for broken ones and for groups. */
function lengthOf(wireType: number, reader: VarintReader): number {
  switch (wireType) {
    case wireVarint:
      return reader.next() < 0 ? -1 : 0
    case wire64:
      return 8
    case wire32:
      return 4
    case wireBytes:
      return reader.next()
    default:
      return -1
  }
}

class VarintReader {
  at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Exact up to 2^53, which is more than any length that fits; -1 for a broken one. */
  next(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) return -1
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return -1
  }
}
