/**
 * What the peer may still send on the connection (RFC 9113 section 6.9). Bytes are given back as they are handed on. A
 * stream that is paused keeps its own window shut but not this one, so that it cannot starve the others, up to a bound on
 * all that is held for paused streams.
 */
import { defaultWindow } from './frame-types.js'
import type { Http2Stream } from './stream.js'

/** Of paused streams, before the window of the connection closes, too. */
const maxHeldBytes = 8 * 1024 * 1024

export class ReceiveWindow {
  readonly #size: number
  readonly #update: (bytes: number) => void
  #left: number
  #consumed = 0
  #heldBytes = 0

  constructor(size: number, update: (bytes: number) => void) {
    this.#size = Math.max(size, defaultWindow)
    this.#left = this.#size
    this.#update = update
  }

  /** By how much it is larger than every connection's at the start. */
  get surplus(): number {
    return this.#size - defaultWindow
  }

  /** DATA has come. @returns whether it was allowed to. */
  take(bytes: number): boolean {
    this.#left -= bytes
    return this.#left >= 0
  }

  /** Bytes are no longer here. */
  consumed(bytes: number): void {
    this.#consumed += bytes
    if (this.#consumed < this.#size >> 1) return
    this.#left += this.#consumed
    this.#update(this.#consumed)
    this.#consumed = 0
  }

  holdBack(stream: Http2Stream, bytes: number): void {
    this.#heldBytes += bytes
    stream.heldBytes += bytes
    if (this.#heldBytes > maxHeldBytes) stream.owedBytes += bytes
    else this.consumed(bytes)
  }

  letGo(stream: Http2Stream): void {
    this.#heldBytes -= stream.heldBytes
    if (stream.owedBytes > 0) this.consumed(stream.owedBytes)
    stream.heldBytes = 0
    stream.owedBytes = 0
  }
}
