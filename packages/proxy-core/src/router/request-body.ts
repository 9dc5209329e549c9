/** The part of a request's body that has been seen, kept for as long as it may have to be sent (again). */
import type { UpstreamStream } from '../codec/stream.js'
import { HeldPieces } from '../body/held-pieces.js'

const noPieces: readonly Buffer[] = []

export class RequestBody {
  readonly #limit: number
  #held: HeldPieces | undefined
  #bytes = 0
  /** More came than may be kept: the request can be sent on, but not again. */
  overflowed = false

  constructor(limit: number) {
    this.#limit = limit
  }

  /** All of what came, in order; undefined when some was let go. */
  get pieces(): readonly Buffer[] | undefined {
    return this.overflowed ? undefined : (this.#held?.pieces ?? noPieces)
  }

  get full(): boolean {
    return this.#bytes >= this.#limit
  }

  keep(buffer: Buffer, start: number, end: number): void {
    if (this.overflowed) return
    this.#held ??= new HeldPieces()
    this.#held.append(buffer, start, end)
    this.#bytes += end - start
  }

  /** Sends what was kept. Beyond the limit it is let go, and with it the chance of another try. */
  replayInto(stream: UpstreamStream): void {
    if (this.#held === undefined) return
    for (const piece of this.#held.pieces) stream.sendBody(piece, 0, piece.length)
    if (this.#bytes <= this.#limit) return
    this.#held = undefined
    this.overflowed = true
  }

  /** Lets go of what was kept once streaming has gone past the limit. */
  trim(): void {
    if (this.#bytes <= this.#limit) return
    this.#held = undefined
    this.overflowed = true
  }
}
