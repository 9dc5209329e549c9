/**
 * Log lines as bytes, gathered where they will be written from. Text goes in byte by byte: joining strings first would
 * make a tree of small ones, and flattening and encoding that tree took most of a line's time.
 */

/** Above this many bytes the built-in copy is faster than a loop. */
const shortCopy = 32
/** UTF-8 of one UTF-16 unit. */
const maxBytesPerUnit = 3

const quote = 0x22
const backslash = 0x5c

export class LogBytes {
  readonly #keptCapacity: number
  #bytes: Buffer
  /** Bytes gathered; may be set back to a former value, to take a line away again. */
  length = 0

  /** @param capacity bytes to begin with; it grows as needed. @param keptCapacity bytes that may stay for what comes after `clear`. */
  constructor(capacity: number, keptCapacity: number = capacity) {
    this.#keptCapacity = keptCapacity
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  /** What is gathered, valid until something is added. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  /** Forgets it all, and memory that only a stuck sink needed. */
  clear(): void {
    this.length = 0
    if (this.#bytes.length > this.#keptCapacity) this.#bytes = Buffer.allocUnsafeSlow(this.#keptCapacity)
  }

  copy(piece: Uint8Array): void {
    const size = piece.length
    const bytes = this.#room(size)
    const start = this.length
    if (size > shortCopy) bytes.set(piece, start)
    else for (let at = 0; at < size; at++) bytes[start + at] = piece[at] as number
    this.length = start + size
  }

  /** As UTF-8. */
  text(value: string): void {
    const { length } = value
    const bytes = this.#room(length * maxBytesPerUnit)
    const start = this.length
    for (let at = 0; at < length; at++) {
      const code = value.charCodeAt(at)
      if (code > 0x7f) {
        this.length = start + bytes.write(value, start)
        return
      }
      bytes[start + at] = code
    }
    this.length = start + length
  }

  /** As a JSON string. */
  jsonText(value: string): void {
    const { length } = value
    const bytes = this.#room(length + 2)
    const start = this.length + 1
    for (let at = 0; at < length; at++) {
      const code = value.charCodeAt(at)
      if (code < 0x20 || code > 0x7e || code === quote || code === backslash) return this.text(JSON.stringify(value))
      bytes[start + at] = code
    }
    bytes[start - 1] = quote
    bytes[start + length] = quote
    this.length = start + length + 1
  }

  number(value: number): void {
    if (value < 10 && value >= 0 && Number.isInteger(value)) {
      this.#room(1)[this.length++] = 0x30 + value
      return
    }
    this.text(String(value))
  }

  /** The buffer, with place for so many more bytes. */
  #room(count: number): Buffer {
    const needed = this.length + count
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
      larger.set(this.view())
      this.#bytes = larger
    }
    return this.#bytes
  }
}
