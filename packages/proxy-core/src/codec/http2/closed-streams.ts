/** Streams that are over, for as long as frames for them may still be on their way (RFC 9113 section 5.1, closed). */

const maxRemembered = 512

export class ClosedStreams {
  /** Reset by this side: frames that the peer sent before it knew are ignored. */
  #reset: Int32Array | undefined
  #resetAt = 0
  /** Ended in good order or by the peer: anything more is a mistake of the peer. */
  readonly #ended = new Int32Array(64)
  #endedAt = 0

  addReset(streamId: number): void {
    // Most connections never need it.
    this.#reset ??= new Int32Array(maxRemembered)
    this.#reset[this.#resetAt] = streamId
    this.#resetAt = (this.#resetAt + 1) % maxRemembered
  }

  addEnded(streamId: number): void {
    this.#ended[this.#endedAt] = streamId
    this.#endedAt = (this.#endedAt + 1) % this.#ended.length
  }

  wasReset(streamId: number): boolean {
    return this.#reset?.includes(streamId) === true
  }
  hasEnded(streamId: number): boolean {
    return this.#ended.includes(streamId)
  }
}
