import { fromBinary, type JsonObject, toBinary, create, toJson, fromJson } from '@bufbuild/protobuf'
import { StructSchema, ValueSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeStruct, encodeStruct, type TextStruct } from '../../src/telemetry/struct-codec.js'

const fixedSeed = { seed: 20_260_101, numRuns: 300 }

/** JSON comparison, since decoded structs have no prototype. */
const plain = (struct: TextStruct | undefined): unknown => struct && JSON.parse(JSON.stringify(struct))

const text = fc.string({ unit: 'binary' }).filter((value) => value !== '__proto__')
const { struct: structs } = fc.letrec<{ struct: TextStruct; value: string | TextStruct }>((tie) => ({
  struct: fc.dictionary(text, tie('value'), { maxKeys: 5 }) as fc.Arbitrary<TextStruct>,
  value: fc.oneof({ maxDepth: 4, depthSize: 'small' }, text, tie('struct')),
}))

describe('the Struct codec', () => {
  it('writes what protobuf-es reads', () => {
    fc.assert(
      fc.property(structs, (struct) => {
        expect(toJson(StructSchema, fromBinary(StructSchema, encodeStruct(struct)))).toEqual(plain(struct))
      }),
      fixedSeed,
    )
  })

  it('reads what protobuf-es writes', () => {
    fc.assert(
      fc.property(structs, (struct) => {
        expect(plain(decodeStruct(toBinary(StructSchema, fromJson(StructSchema, struct as JsonObject))))).toEqual(plain(struct))
      }),
      fixedSeed,
    )
  })

  it('skips values that are neither text nor struct, and keeps their neighbours', () => {
    const json = { a: 'text', b: 1.5, c: true, d: null, e: ['x'], f: { g: 'nested', h: -2 } }
    expect(plain(decodeStruct(toBinary(StructSchema, fromJson(StructSchema, json))))).toEqual({ a: 'text', f: { g: 'nested' } })
  })

  it('lets the last of a repeated key and of a repeated value count, as protobuf does', () => {
    const entry = (key: string, ...values: string[]): Buffer => {
      const keyBytes = Buffer.from([0x0a, key.length, ...Buffer.from(key)])
      const parts = values.map((text) => Buffer.from([0x1a, text.length, ...Buffer.from(text)]))
      const value = Buffer.concat(parts)
      const body = Buffer.concat([keyBytes, Buffer.from([0x12, value.length]), value])
      return Buffer.concat([Buffer.from([0x0a, body.length]), body])
    }
    const bytes = Buffer.concat([entry('k', 'one'), entry('k', 'two', 'three')])
    expect(toJson(StructSchema, fromBinary(StructSchema, bytes))).toEqual({ k: 'three' })
    expect(plain(decodeStruct(bytes))).toEqual({ k: 'three' })
  })

  it('passes over fields it does not know, of every wire type', () => {
    const known = encodeStruct({ a: 'b' })
    const unknown = Buffer.from([
      0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4,
    ])
    expect(plain(decodeStruct(Buffer.concat([unknown, known])))).toEqual({ a: 'b' })
  })

  it.each([
    ['a length beyond the end', [0x0a, 0x05, 0x01]],
    ['a varint without end', [0x08, 0x80]],
    ['a varint longer than ten bytes', [0x08, ...Array.from({ length: 10 }, () => 0x80), 0x01]],
    ['a fixed field cut short', [0x19, 1, 2]],
    ['a group', [0x0b, 0x0c]],
    ['field number zero', [0x02, 0x00]],
    ['a broken entry', [0x0a, 0x02, 0x0a, 0x05]],
  ])('refuses %s', (_, bytes) => {
    expect(decodeStruct(Uint8Array.from(bytes))).toBeUndefined()
  })

  it('never throws on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeStruct(bytes)),
      fixedSeed,
    )
  })

  it('ignores what is nested deeper than metadata can be', () => {
    let json: JsonObject = { end: 'x' }
    for (let depth = 0; depth < 12; depth++) json = { n: json }
    expect(JSON.stringify(decodeStruct(toBinary(StructSchema, fromJson(StructSchema, json))))).not.toContain('end')
  })

  it('writes equal bytes for equal metadata', () => {
    expect(encodeStruct({ b: '1', a: '2' })).toEqual(encodeStruct({ a: '2', b: '1' }))
  })

  it('knows an empty value as protobuf-es does', () => {
    const bytes = toBinary(StructSchema, create(StructSchema, { fields: { k: create(ValueSchema) } }))
    expect(plain(decodeStruct(bytes))).toEqual({})
  })
})
