/** The scalar types of our messages: how each is written, and what it is in JSON. */
import { type JsonValue, ScalarType } from '@bufbuild/protobuf'
import { type BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import type { ByteWriter } from './byte-writer.js'

export interface ScalarCodec {
  readonly wireType: WireType
  /** The default, in JSON. */
  readonly zero: JsonValue
  readonly read: (reader: BinaryReader) => JsonValue
  readonly write: (writer: ByteWriter, value: unknown) => void
}

const { Varint, LengthDelimited, Bit64 } = WireType

const codecs: ReadonlyMap<ScalarType, ScalarCodec> = new Map<ScalarType, ScalarCodec>([
  [
    ScalarType.STRING,
    { wireType: LengthDelimited, zero: '', read: (reader) => reader.string(), write: (writer, value) => writer.text(value as string) },
  ],
  [
    ScalarType.BYTES,
    {
      wireType: LengthDelimited,
      zero: '',
      read: (reader) => base64(reader.bytes()),
      write: (writer, value) => writer.bytes(Buffer.from(value as string, 'base64')),
    },
  ],
  [
    ScalarType.BOOL,
    { wireType: Varint, zero: false, read: (reader) => reader.bool(), write: (writer, value) => writer.integer(value === true ? 1 : 0) },
  ],
  [
    ScalarType.UINT32,
    { wireType: Varint, zero: 0, read: (reader) => reader.uint32(), write: (writer, value) => writer.integer(value as number) },
  ],
  [
    ScalarType.INT32,
    { wireType: Varint, zero: 0, read: (reader) => reader.int32(), write: (writer, value) => writer.integer(value as number) },
  ],
  [
    ScalarType.UINT64,
    { wireType: Varint, zero: '0', read: (reader) => String(reader.uint64()), write: (writer, value) => writer.integer64(value as string) },
  ],
  [
    ScalarType.INT64,
    { wireType: Varint, zero: '0', read: (reader) => String(reader.int64()), write: (writer, value) => writer.integer64(value as string) },
  ],
  [
    ScalarType.DOUBLE,
    { wireType: Bit64, zero: 0, read: (reader) => doubleJson(reader.double()), write: (writer, value) => writer.double(Number(value)) },
  ],
])

export function scalarCodec(scalar: ScalarType): ScalarCodec {
  const codec = codecs.get(scalar)
  if (codec === undefined) throw new Error(`scalar type ${scalar} is not in use`)
  return codec
}

/** JSON has no infinities. */
export function doubleJson(value: number): JsonValue {
  return Number.isFinite(value) ? value : String(value)
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
