/**
 * Header blocks, put together from HEADERS and CONTINUATION (RFC 9113 section 4.3). A block is bounded in bytes, in frames
 * and in time (CVE-2024-27316); while one is open nothing else may come.
 */
import { frameFlag } from './frame-types.js'

const maxContinuations = 16

export class HeaderBlocks {
  readonly #maxBytes: number
  /** Of the block that is open; 0: none. */
  streamId = 0
  endStream = false
  #pieces: Buffer[] = []
  #bytes = 0
  #continuations = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  open(streamId: number, flags: number, buffer: Buffer, start: number, end: number): void {
    this.streamId = streamId
    this.endStream = (flags & frameFlag.endStream) !== 0
    this.#pieces = [Buffer.from(buffer.subarray(start, end))]
    this.#bytes = end - start
    this.#continuations = 0
  }

  /** @returns whether the block is still within its limits. */
  add(buffer: Buffer, start: number, end: number): boolean {
    this.#bytes += end - start
    if (++this.#continuations > maxContinuations || this.#bytes > this.#maxBytes) return false
    this.#pieces.push(Buffer.from(buffer.subarray(start, end)))
    return true
  }

  /** The whole block; none is open any more. */
  take(): Buffer {
    const block = Buffer.concat(this.#pieces)
    this.#pieces = []
    this.streamId = 0
    return block
  }
}
