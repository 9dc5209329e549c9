import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../src/message/byte-writer.js'

const seed = 20_260_824

describe(`the byte writer (seed ${seed})`, () => {
  it('writes numbers as protobuf-es does', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(0xffff_ffff), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.double(), (a, b, c, d) => {
        const own = new ByteWriter()
        own.integer(a)
        own.integer(b)
        own.integer64(String(c))
        own.double(d)
        expect(own.finish()).toEqual(new BinaryWriter().int32(a).uint32(b).int64(c).double(d).finish())
      }),
      { seed },
    )
  })

  it('writes text of any length and alphabet, nested and growing', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { maxLength: 40 }), (texts) => {
        const own = new ByteWriter()
        own.tag(1, WireType.LengthDelimited)
        const start = own.begin()
        for (const text of texts) own.text(text)
        own.end(start)
        const reader = new BinaryReader(own.finish())
        expect(reader.tag()).toEqual([1, WireType.LengthDelimited])
        const inner = new BinaryReader(reader.bytes())
        for (const text of texts) expect(inner.string()).toBe(text)
        expect([inner.pos, reader.pos]).toEqual([inner.len, reader.len])
      }),
      { seed },
    )
  })

  it('starts anew after finishing, and after content larger than its buffer', () => {
    const own = new ByteWriter()
    own.bytes(new Uint8Array(3 << 20))
    expect(own.finish().length).toBe((3 << 20) + 4)
    own.text('x')
    expect(own.finish()).toEqual(new Uint8Array([1, 0x78]))
  })
})
