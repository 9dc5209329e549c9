/**
 * The body of the message that is being read (RFC 9112 section 6): of a known length, in chunks, or up to the end of the
 * connection. One for each connection, for one message after the other.
 */
import type { HeaderBlock } from '../../message/header-block.js'
import { type BodySink, ChunkedDecoder } from './chunked-decoder.js'
import { bodyLength } from './framing.js'

export class BodyReader {
  readonly #sink: BodySink
  #chunks: ChunkedDecoder | undefined
  #length = 0
  /** Bytes of a known length that are still to come. */
  #left = 0
  /** All of it has been read. */
  isWhole = false

  constructor(sink: BodySink) {
    this.#sink = sink
  }

  /** @param length bytes, or one of `bodyLength`. */
  begin(length: number): void {
    this.#length = length
    this.#left = length
    this.isWhole = length === bodyLength.none
    if (length !== bodyLength.chunked) return
    this.#chunks ??= new ChunkedDecoder()
    this.#chunks.reset()
  }

  /** Those of a body in chunks, as they came; looked at when it is whole. */
  get trailers(): HeaderBlock | undefined {
    return this.#length === bodyLength.chunked ? this.#chunks?.trailers : undefined
  }

  /** Hands on what belongs to it. @returns the offset behind that; below zero: the framing is broken. */
  read(buffer: Buffer, start: number, end: number): number {
    if (this.#length === bodyLength.chunked) return this.#readChunks(this.#chunks as ChunkedDecoder, buffer, start, end)
    const at = this.#length === bodyLength.untilClose ? end : start + Math.min(this.#left, end - start)
    this.#left -= at - start
    this.isWhole = this.#left === 0
    this.#sink.onBodyBytes(buffer, start, at)
    return at
  }

  #readChunks(chunks: ChunkedDecoder, buffer: Buffer, start: number, end: number): number {
    const at = chunks.decode(buffer, start, end, this.#sink)
    this.isWhole = chunks.done
    return at
  }
}
