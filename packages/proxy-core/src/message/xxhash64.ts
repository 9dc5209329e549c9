/**
 * xxHash64 over latin1 text, as Envoy's hash policies and hash rings use it, in 32-bit halves: big integers would cost a
 * request microseconds.
 */

/** Unsigned halves. */
export interface Hash64 {
  readonly high: number
  readonly low: number
}

/** The accumulator: unsigned 32-bit halves. Nothing is kept in it between two hashes. */
let high = 0
let low = 0

const prime1 = { high: 0x9e3779b1, low: 0x85ebca87 }
const prime2 = { high: 0xc2b2ae3d, low: 0x27d4eb4f }
const prime3 = { high: 0x165667b1, low: 0x9e3779f9 }
const prime4 = { high: 0x85ebca77, low: 0xc2b2ae63 }
const prime5 = { high: 0x27d4eb2f, low: 0x165667c5 }
const zero = { high: 0, low: 0 }
const laneTurns = [1, 7, 12, 18]

export function xxHash64(text: string, seed: Hash64 = zero): Hash64 {
  const { length } = text
  let at = 0
  if (length >= 32) at = hashStripes(text, seed)
  else {
    load(seed)
    add(prime5.high, prime5.low)
  }
  add(0, length)
  for (; at + 8 <= length; at += 8) {
    const before = current()
    load(zero)
    round(word(text, at + 4), word(text, at))
    xor(before)
    rotate(27)
    multiply(prime1)
    add(prime4.high, prime4.low)
  }
  if (at + 4 <= length) {
    mix(word(text, at), prime1)
    rotate(23)
    multiply(prime2)
    add(prime3.high, prime3.low)
    at += 4
  }
  for (; at < length; at++) {
    mix(text.charCodeAt(at) & 0xff, prime5)
    rotate(11)
    multiply(prime1)
  }
  return avalanche()
}

/** `left` turned by one bit, then combined with `right`: how Envoy joins the hashes of several policies. */
export function joinHashes(left: Hash64, right: Hash64): Hash64 {
  load(left)
  rotate(1)
  xor(right)
  return current()
}

/** @param divisor at most 2^26. */
export function hashModulo({ high: upper, low: lower }: Hash64, divisor: number): number {
  return ((upper % divisor) * (4_294_967_296 % divisor) + (lower % divisor)) % divisor
}

/** @returns where the stripes end. */
function hashStripes(text: string, seed: Hash64): number {
  load(seed)
  add(prime2.high, prime2.low)
  const second = current()
  add(prime1.high, prime1.low)
  const first = current()
  load(seed)
  // Minus the first prime.
  add(~prime1.high >>> 0, ~prime1.low >>> 0)
  add(0, 1)
  const lanes = [first, second, seed, current()]
  let at = 0
  for (; at + 32 <= text.length; at += 32) {
    for (let lane = 0; lane < 4; lane++) {
      load(lanes[lane] as Hash64)
      round(word(text, at + lane * 8 + 4), word(text, at + lane * 8))
      lanes[lane] = current()
    }
  }
  let merged: Hash64 = zero
  for (let lane = 0; lane < 4; lane++) {
    load(lanes[lane] as Hash64)
    rotate(laneTurns[lane] as number)
    add(merged.high, merged.low)
    merged = current()
  }
  for (const lane of lanes) {
    const before = current()
    load(zero)
    round(lane.high, lane.low)
    xor(before)
    multiply(prime1)
    add(prime4.high, prime4.low)
  }
  return at
}

function avalanche(): Hash64 {
  xor({ high: 0, low: high >>> 1 })
  multiply(prime2)
  xor({ high: high >>> 29, low: ((low >>> 29) | (high << 3)) >>> 0 })
  multiply(prime3)
  xor({ high: 0, low: high })
  return current()
}

/** Four bytes, the first one lowest. */
function word(text: string, at: number): number {
  const upper = (text.charCodeAt(at + 3) << 24) | ((text.charCodeAt(at + 2) & 0xff) << 16)
  return (upper | ((text.charCodeAt(at + 1) & 0xff) << 8) | (text.charCodeAt(at) & 0xff)) >>> 0
}

function current(): Hash64 {
  return { high, low }
}

function load(value: Hash64): void {
  high = value.high
  low = value.low
}

/** accumulator = rotl(accumulator + input * prime2, 31) * prime1 */
function round(inputHigh: number, inputLow: number): void {
  const before = current()
  high = inputHigh
  low = inputLow
  multiply(prime2)
  add(before.high, before.low)
  rotate(31)
  multiply(prime1)
}

/** accumulator ^= input * prime */
function mix(input: number, prime: Hash64): void {
  const before = current()
  high = 0
  low = input
  multiply(prime)
  xor(before)
}

function add(otherHigh: number, otherLow: number): void {
  const sum = low + otherLow
  high = (high + otherHigh + (sum > 0xffffffff ? 1 : 0)) >>> 0
  low = sum >>> 0
}

function xor(other: Hash64): void {
  high = (high ^ other.high) >>> 0
  low = (low ^ other.low) >>> 0
}

/** @param bits 1 to 31. */
function rotate(bits: number): void {
  const upper = ((high << bits) | (low >>> (32 - bits))) >>> 0
  low = ((low << bits) | (high >>> (32 - bits))) >>> 0
  high = upper
}

function multiply(other: Hash64): void {
  const a0 = low & 0xffff
  const a1 = low >>> 16
  const b0 = other.low & 0xffff
  const b1 = other.low >>> 16
  const p00 = a0 * b0
  const p01 = a0 * b1
  const p10 = a1 * b0
  const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff)
  const carried = a1 * b1 + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16)
  high = (carried + Math.imul(high, other.low) + Math.imul(low, other.high)) >>> 0
  low = ((middle << 16) | (p00 & 0xffff)) >>> 0
}
