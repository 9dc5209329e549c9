/** Random hexadecimal text for ids, cut from bytes that are drawn in bulk: one slice instead of a string built digit by digit, which would be flattened again at every use. */
import type { Random } from '@heddle/base'

const poolBytes = 8192

export class HexPool {
  readonly #random: Random
  #text = ''
  #at = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Lower-case digits, two a byte. */
  next(byteCount: number): string {
    const start = this.#take(byteCount * 2)
    return this.#text.slice(start, start + byteCount * 2)
  }

  /** A UUID of version 4. */
  nextUuid(): string {
    const at = this.#take(32)
    const text = this.#text
    const nibble = text.charCodeAt(at + 16)
    const variant = '89ab'.charAt((nibble < 0x3a ? nibble : nibble - 0x57) & 3)
    return `${text.slice(at, at + 8)}-${text.slice(at + 8, at + 12)}-4${text.slice(at + 13, at + 16)}-${variant}${text.slice(at + 17, at + 20)}-${text.slice(at + 20, at + 32)}`
  }

  #take(length: number): number {
    if (this.#at + length > this.#text.length) {
      this.#text = Buffer.from(this.#random.bytes(poolBytes)).toString('hex')
      this.#at = 0
    }
    const start = this.#at
    this.#at += length
    return start
  }
}
