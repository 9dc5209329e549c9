/** Bytes that wait cost what they are, however small the pieces that they came in. */
import { describe, expect, test } from 'vitest'
import { HeldPieces } from '../../src/body/held-pieces.js'

describe('pieces of a body that waits', () => {
  test('bytes that came one by one are few buffers, in order', () => {
    const held = new HeldPieces()
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7) & 255))
    for (let at = 0; at < bytes.length; at++) held.append(bytes, at, at + 1)
    expect(held.pieces.length).toBeLessThan(16)
    expect(Buffer.concat(held.pieces).equals(bytes)).toBe(true)
  })

  test('pieces of all sizes, taken from the front and cut meanwhile, are the same bytes', () => {
    const held = new HeldPieces()
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 31) & 255))
    const taken: Buffer[] = []
    let at = 0
    for (let step = 0; at < bytes.length; step++) {
      const size = Math.min([1, 3, 1023, 1024, 5000, 17][step % 6] as number, bytes.length - at)
      held.append(bytes, at, at + size)
      at += size
      const first = held.pieces[0]
      if (step % 4 === 0 && first !== undefined) {
        taken.push(Buffer.from(first.subarray(0, 1)))
        if (first.length === 1) held.pieces.shift()
        else held.pieces[0] = first.subarray(1)
      }
    }
    expect(Buffer.concat([...taken, ...held.pieces]).equals(bytes)).toBe(true)
  })

  test('what was appended is a copy', () => {
    const held = new HeldPieces()
    const bytes = Buffer.from('ab')
    held.append(bytes, 0, 1)
    held.append(bytes, 1, 2)
    bytes.fill(0)
    expect(Buffer.concat(held.pieces).toString()).toBe('ab')
  })
})
