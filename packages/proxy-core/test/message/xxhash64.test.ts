import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashModulo, joinHashes, xxHash64 } from '../../src/message/xxhash64.js'

const mask = (1n << 64n) - 1n
const p1 = 0x9e3779b185ebca87n
const p2 = 0xc2b2ae3d27d4eb4fn
const p3 = 0x165667b19e3779f9n
const p4 = 0x85ebca77c2b2ae63n
const p5 = 0x27d4eb2f165667c5n
const rotl = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & mask
const round = (acc: bigint, input: bigint): bigint => (rotl((acc + input * p2) & mask, 31n) * p1) & mask

/** The algorithm as its specification has it, in big integers. */
function reference(bytes: Buffer, seed: bigint): bigint {
  let at = 0
  let hash = (seed + p5) & mask
  if (bytes.length >= 32) {
    const lanes = [seed + p1 + p2, seed + p2, seed, seed - p1].map((lane) => lane & mask)
    for (; at + 32 <= bytes.length; at += 32)
      for (let lane = 0; lane < 4; lane++) lanes[lane] = round(lanes[lane] as bigint, bytes.readBigUInt64LE(at + lane * 8))
    hash = [1n, 7n, 12n, 18n].reduce((sum, bits, lane) => (sum + rotl(lanes[lane] as bigint, bits)) & mask, 0n)
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * p1 + p4) & mask
  }
  hash = (hash + BigInt(bytes.length)) & mask
  for (; at + 8 <= bytes.length; at += 8) hash = (rotl(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * p1 + p4) & mask
  for (; at + 4 <= bytes.length; at += 4) hash = (rotl(hash ^ ((BigInt(bytes.readUInt32LE(at)) * p1) & mask), 23n) * p2 + p3) & mask
  for (; at < bytes.length; at++) hash = (rotl(hash ^ ((BigInt(bytes[at] as number) * p5) & mask), 11n) * p1) & mask
  hash = ((hash ^ (hash >> 33n)) * p2) & mask
  hash = ((hash ^ (hash >> 29n)) * p3) & mask
  return hash ^ (hash >> 32n)
}

const big = ({ high, low }: { high: number; low: number }): bigint => (BigInt(high) << 32n) | BigInt(low)
const halves = (value: bigint) => ({ high: Number(value >> 32n), low: Number(value & 0xffffffffn) })

test('published values', () => {
  expect(big(xxHash64(''))).toBe(0xef46db3751d8e999n)
  expect(big(xxHash64('a'))).toBe(0xd24ec4f1a98c6e5bn)
  expect(big(xxHash64('abc'))).toBe(0x44bc2cf5ad770999n)
  expect(big(xxHash64('Nobody inspects the spammish repetition'))).toBe(0xfbcea83c8a378bf1n)
})

test('any bytes hash as the specification says, with any seed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.bigInt({ min: 0n, max: mask }), (bytes, seed) => {
      const buffer = Buffer.from(bytes)
      expect(big(xxHash64(buffer.toString('latin1'), halves(seed)))).toBe(reference(buffer, seed))
    }),
    { seed: 7, numRuns: 500 },
  )
})

test('joining turns the first by a bit, and the remainder is that of the whole', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: mask }),
      fc.bigInt({ min: 0n, max: mask }),
      fc.integer({ min: 1, max: 1 << 21 }),
      (a, b, divisor) => {
        expect(big(joinHashes(halves(a), halves(b)))).toBe(rotl(a, 1n) ^ b)
        expect(hashModulo(halves(a), divisor)).toBe(Number(a % BigInt(divisor)))
      },
    ),
    { seed: 7 },
  )
})
