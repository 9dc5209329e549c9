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
export function decodeStruct(bytes: Uint8Array, depth = 0): TextStruct | undefined {
  if (depth > maxDepth) return undefined
  const struct: Record<string, string | TextStruct> = Object.create(null) as Record<string, string | TextStruct>
  for (const entry of readFields(bytes) ?? []) {
    if (entry.number !== 1) continue
    const parts = readFields(entry.bytes)
    const key = parts?.find(({ number }) => number === 1)
    const value = parts?.find(({ number }) => number === 2)
    const decoded = value && decodeValue(value.bytes, depth)
    if (key && decoded !== undefined) struct[Buffer.from(key.bytes).toString('utf8')] = decoded
  }
  return readFields(bytes) ? struct : undefined
}

function decodeValue(bytes: Uint8Array, depth: number): string | TextStruct | undefined {
  for (const { number, bytes: content } of readFields(bytes) ?? []) {
    if (number === 3) return Buffer.from(content).toString('utf8')
    if (number === 5) return decodeStruct(content, depth + 1)
  }
  return undefined
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

/** The length-delimited fields of a message, others passed over; undefined for broken bytes. */
function readFields(bytes: Uint8Array): readonly { readonly number: number; readonly bytes: Uint8Array }[] | undefined {
  const fields: { number: number; bytes: Uint8Array }[] = []
  let at = 0
  const readVarint = (): number => {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) return -1
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return -1
  }
  while (at < bytes.length) {
    const key = readVarint()
    const wireType = key & 7
    if (key < 0) return undefined
    if (wireType === wireBytes) {
      const length = readVarint()
      if (length < 0 || at + length > bytes.length) return undefined
      fields.push({ number: key >>> 3, bytes: bytes.subarray(at, at + length) })
      at += length
    } else if (wireType === wireVarint) {
      if (readVarint() < 0) return undefined
    } else if (wireType === wire64) at += 8
    else if (wireType === wire32) at += 4
    else return undefined
  }
  return at === bytes.length ? fields : undefined
}
