/**
 * Writes protobuf's wire format into one growing buffer. Lengths of nested messages are filled in behind: one byte is left for them, and what
 * turns out longer moves up.
 */
import type { WireType } from '@bufbuild/protobuf/wire'

const initialBytes = 1 << 14
/** A buffer larger than this is given back after use. */
const keptBytes = 1 << 20
/** Up to this many characters a loop is quicker than the call into native code. */
const shortText = 48

export class ByteWriter {
  #buffer = Buffer.allocUnsafe(initialBytes)
  #at = 0

  tag(number: number, wireType: WireType): void {
    this.integer(number * 8 + wireType)
  }

  /** An integer up to 2^53; negative ones take ten bytes, as int32 and int64 do. */
  integer(value: number): void {
    if (value < 0) return this.#wide(BigInt(value))
    this.#reserve(10)
    let rest = value
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.#buffer[this.#at++] = rest
  }

  /** A decimal integer of up to 64 bits. */
  integer64(decimal: string): void {
    const value = Number(decimal)
    if (Number.isSafeInteger(value)) this.integer(value)
    else this.#wide(BigInt(decimal))
  }

  double(value: number): void {
    this.#reserve(8)
    this.#at = this.#buffer.writeDoubleLE(value, this.#at)
  }

  /** Length and content. */
  text(value: string): void {
    const start = this.begin()
    this.#reserve(value.length * 3)
    if (value.length > shortText || !this.#ascii(value)) this.#at = start + 1 + this.#buffer.write(value, start + 1)
    this.end(start)
  }

  /** Length and content. */
  bytes(value: Uint8Array): void {
    this.integer(value.length)
    this.#reserve(value.length)
    this.#buffer.set(value, this.#at)
    this.#at += value.length
  }

  /** Starts content whose length comes first; `end` takes what this gave. */
  begin(): number {
    this.#reserve(1)
    return this.#at++
  }

  /** Fills in the length of what was written since `begin`, and returns it. */
  end(start: number): number {
    const length = this.#at - start - 1
    if (length < 0x80) {
      this.#buffer[start] = length
      return length
    }
    const extra = sizeOf(length) - 1
    this.#reserve(extra)
    this.#buffer.copyWithin(start + 1 + extra, start + 1, this.#at)
    const after = this.#at + extra
    this.#at = start
    this.integer(length)
    this.#at = after
    return length
  }

  position(): number {
    return this.#at
  }

  /** Forgets what was written since that position. */
  rewind(position: number): void {
    this.#at = position
  }

  /** A copy of everything written; the writer starts anew. */
  finish(): Uint8Array {
    const result = new Uint8Array(this.#at)
    result.set(this.#buffer.subarray(0, this.#at))
    this.#at = 0
    if (this.#buffer.length > keptBytes) this.#buffer = Buffer.allocUnsafe(initialBytes)
    return result
  }

  /** False, with nothing to keep, when the text has other characters. */
  #ascii(value: string): boolean {
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) return false
      this.#buffer[this.#at++] = code
    }
    return true
  }

  #wide(value: bigint): void {
    this.#reserve(10)
    let rest = BigInt.asUintN(64, value)
    while (rest > 0x7fn) {
      this.#buffer[this.#at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#buffer[this.#at++] = Number(rest)
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + count))
    this.#buffer.copy(grown, 0, 0, this.#at)
    this.#buffer = grown
  }
}

function sizeOf(value: number): number {
  let size = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size += 1
  return size
}
