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
    const length = byteCount * 2
    if (this.#at + length > this.#text.length) {
      this.#text = Buffer.from(this.#random.bytes(poolBytes)).toString('hex')
      this.#at = 0
    }
    const start = this.#at
    this.#at += length
    return this.#text.slice(start, this.#at)
  }
}
