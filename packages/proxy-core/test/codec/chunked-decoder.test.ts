import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ChunkedDecoder } from '../../src/codec/http1/chunked-decoder.js'

function decode(pieces: readonly Buffer[]): {
  readonly body: Buffer
  readonly done: boolean
  readonly failed: boolean
  readonly rest: number
} {
  const decoder = new ChunkedDecoder()
  const out: Buffer[] = []
  const sink = { onBodyBytes: (buffer: Buffer, start: number, end: number) => void out.push(Buffer.from(buffer.subarray(start, end))) }
  let rest = 0
  for (const piece of pieces) {
    if (decoder.done) {
      rest += piece.length
      continue
    }
    const at = decoder.decode(piece, 0, piece.length, sink)
    if (at < 0) return { body: Buffer.concat(out), done: false, failed: true, rest }
    rest += piece.length - at
  }
  return { body: Buffer.concat(out), done: decoder.done, failed: false, rest }
}

const seed = 20_261_122
const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 })

test('any body in any chunks and any cuts comes back whole', () => {
  fc.assert(
    fc.property(chunks, fc.array(fc.nat(400), { maxLength: 12 }), fc.boolean(), (parts, cuts, trailer) => {
      const wire = Buffer.concat([
        ...parts.map((part) => Buffer.concat([Buffer.from(`${part.length.toString(16)};a="b"\r\n`), part, Buffer.from('\r\n')])),
        Buffer.from(trailer ? '0\r\nX-T: v\r\n\r\nrest' : '0\r\n\r\nrest'),
      ])
      const at = [0, ...cuts.map((cut) => cut % wire.length).toSorted((a, b) => a - b), wire.length]
      const pieces = at.slice(1).map((end, index) => wire.subarray(at[index], end))
      const result = decode(pieces)
      expect(result).toMatchObject({ done: true, failed: false, rest: 4 })
      expect(result.body.equals(Buffer.concat(parts))).toBe(true)
    }),
    { seed, numRuns: 500 },
  )
})

test('arbitrary bytes never throw and never end in done without a last chunk', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const result = decode([Buffer.from(bytes)])
      if (result.done) expect(Buffer.from(bytes).toString('latin1')).toMatch(/0\r\n/)
    }),
    { seed, numRuns: 2000 },
  )
})
