/**
 * Frames on their way out. What one turn of the event loop writes for all streams of a connection is gathered and leaves
 * in one write. While a frame waits here END_STREAM can still be set on it, so that a message of one piece needs no frame
 * for its end.
 */
import { giveBuffer, stockBufferBytes, takeBuffer } from '../../body/buffer-stock.js'
import { frameFlag, frameHeaderBytes, frameType, maxFrameBytes } from './frame-types.js'
import type { EncoderOutput } from './hpack/encoder.js'

export interface FrameSink {
  /** Takes the buffer over and sends its first bytes. @returns whether more may be written now. */
  give(buffer: Buffer, length: number): boolean
  /** Asks for `flush` at the end of the turn. */
  schedule(): void
}

/** One turn's frames beyond this go out at once, so that back-pressure is seen. */
const maxGatheredBytes = 49_152

export class FrameOutput implements EncoderOutput {
  readonly #sink: FrameSink
  buffer: Buffer = emptyBuffer
  at = 0
  #scheduled = false
  /** Counts flushes: places of frames are true for one only. */
  generation = 0
  /** Whether the last write asked to wait. */
  blocked = false

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    if (this.buffer.length === 0 && bytes <= stockBufferBytes) {
      this.buffer = takeBuffer()
      return
    }
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.at + bytes))
    this.buffer.copy(larger, 0, 0, this.at)
    giveBuffer(this.buffer)
    this.buffer = larger
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#scheduled = false
    if (this.at === 0) return
    const { buffer, at } = this
    this.buffer = emptyBuffer
    this.at = 0
    this.generation++
    this.blocked = !this.#sink.give(buffer, at)
  }

  /** Begins a frame of a known length. */
  begin(length: number, type: number, flags: number, streamId: number): void {
    this.#wait()
    this.reserve(frameHeaderBytes + length)
    this.#header(this.at, length, type, flags, streamId)
    this.at += frameHeaderBytes
  }

  /** A frame whose payload is one number of 32 bits. */
  number(type: number, streamId: number, value: number): void {
    this.begin(4, type, 0, streamId)
    this.at = this.buffer.writeUInt32BE(value >>> 0, this.at)
  }

  /** @returns the place of the frame, for `endStream`. */
  data(streamId: number, flags: number, buffer: Buffer, start: number, end: number): number {
    if (this.at > maxGatheredBytes) this.flush()
    this.begin(end - start, frameType.data, flags, streamId)
    const place = this.at - frameHeaderBytes
    buffer.copy(this.buffer, this.at, start, end)
    this.at += end - start
    return place
  }

  /** A header block follows. @returns its place. */
  beginHeaders(): number {
    if (this.at > maxGatheredBytes) this.flush()
    this.#wait()
    const place = this.at
    this.reserve(frameHeaderBytes + 256)
    this.at += frameHeaderBytes
    return place
  }

  /** Frames what was written since `beginHeaders`, in as many frames as it takes. */
  endHeaders(place: number, streamId: number, endStream: boolean): void {
    const length = this.at - place - frameHeaderBytes
    const flags = endStream ? frameFlag.endStream : 0
    if (length <= maxFrameBytes) return this.#header(place, length, frameType.headers, flags | frameFlag.endHeaders, streamId)
    const block = Buffer.from(this.buffer.subarray(place + frameHeaderBytes, this.at))
    this.#header(place, maxFrameBytes, frameType.headers, flags, streamId)
    this.at = place + frameHeaderBytes + maxFrameBytes
    for (let start = maxFrameBytes; start < length; start += maxFrameBytes) {
      const size = Math.min(maxFrameBytes, length - start)
      this.begin(size, frameType.continuation, start + size === length ? frameFlag.endHeaders : 0, streamId)
      block.copy(this.buffer, this.at, start, start + size)
      this.at += size
    }
  }

  /** Sets END_STREAM on a frame that has not left. */
  endStream(place: number): void {
    this.buffer[place + 4] = (this.buffer[place + 4] as number) | frameFlag.endStream
  }

  #wait(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#sink.schedule()
  }

  #header(at: number, length: number, type: number, flags: number, streamId: number): void {
    const { buffer } = this
    buffer[at] = length >>> 16
    buffer[at + 1] = length >>> 8
    buffer[at + 2] = length
    buffer[at + 3] = type
    buffer[at + 4] = flags
    buffer[at + 5] = streamId >>> 24
    buffer[at + 6] = streamId >>> 16
    buffer[at + 7] = streamId >>> 8
    buffer[at + 8] = streamId
  }
}

const emptyBuffer: Buffer = Buffer.alloc(0)
