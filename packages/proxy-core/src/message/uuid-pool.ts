/**
 * UUIDs of version 4 (RFC 9562), written in bulk from bytes that are drawn in bulk: each is one slice of a flat text, where
 * one put together from parts would be flattened at every use.
 */
import type { Random } from '@heddle/base'
import { latin1 } from './latin1.js'

const batch = 256
const uuidBytes = 16
const uuidLength = 36
const hyphen = 0x2d
const digits: Buffer = Buffer.from('0123456789abcdef')

export class UuidPool {
  readonly #random: Random
  readonly #bytes: Buffer = Buffer.allocUnsafeSlow(batch * uuidLength)
  #text = ''
  #at = 0

  constructor(random: Random) {
    this.#random = random
  }

  next(): string {
    if (this.#at === this.#text.length) this.#fill()
    const start = this.#at
    this.#at += uuidLength
    return this.#text.slice(start, this.#at)
  }

  #fill(): void {
    const drawn = this.#random.bytes(batch * uuidBytes)
    const out = this.#bytes
    for (let from = 0, to = 0; from < drawn.length; from++) {
      const place = from % uuidBytes
      if (place === 4 || place === 6 || place === 8 || place === 10) out[to++] = hyphen
      let byte = drawn[from] as number
      if (place === 6) byte = (byte & 0x0f) | 0x40
      else if (place === 8) byte = (byte & 0x3f) | 0x80
      out[to++] = digits[byte >> 4] as number
      out[to++] = digits[byte & 15] as number
    }
    this.#text = latin1(out, 0, out.length)
    this.#at = 0
  }
}
