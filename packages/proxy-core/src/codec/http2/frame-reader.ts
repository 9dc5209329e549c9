/**
 * Cuts bytes into frames (RFC 9113 section 4.1), however they were cut on the way. DATA is handed on as it comes, without
 * its padding; every other frame is handed over whole, from the bytes of the read where that is possible.
 */
import { frameFlag, frameHeaderBytes, frameType, maxFrameBytes } from './frame-types.js'

export interface FrameHandler {
  /** A DATA frame begins. @param length of the payload, padding included. @returns whether to go on. */
  onDataStart(streamId: number, flags: number, length: number): boolean
  /** A piece of it, without padding. */
  onDataPiece(buffer: Buffer, start: number, end: number): boolean
  onDataEnd(): boolean
  /** Any other frame. */
  onFrame(type: number, flags: number, streamId: number, buffer: Buffer, start: number, end: number): boolean
  /** The frame is longer than allowed. */
  onOversizedFrame(type: number, streamId: number): void
  /** DATA whose padding is longer than itself. */
  onBadPadding(): void
}

export class FrameReader {
  readonly #handler: FrameHandler
  /** The start of a header, or of a frame that must be whole. */
  #held: Buffer | undefined
  #heldBytes = 0
  /** Of the DATA frame that is being read: bytes of content and of padding that are still to come; -1: no such frame. */
  #dataLeft = -1
  #paddingLeft = 0
  #awaitsPadLength = false
  #stopped = false

  constructor(handler: FrameHandler) {
    this.#handler = handler
  }

  /** Whether a frame has begun that is not whole. */
  get isWithinFrame(): boolean {
    return this.#heldBytes > 0 || this.#dataLeft >= 0
  }

  /** Nothing is read any more. */
  stop(): void {
    this.#stopped = true
    this.#held = undefined
  }

  read(buffer: Buffer, start: number, end: number): void {
    let at = start
    while (at < end && !this.#stopped) {
      if (this.#dataLeft >= 0) at = this.#readData(buffer, at, end)
      else if (this.#heldBytes > 0) at = this.#fillHeld(buffer, at, end)
      else at = this.#readFrame(buffer, at, end)
    }
  }

  #readFrame(buffer: Buffer, start: number, end: number): number {
    if (end - start < frameHeaderBytes) return this.#hold(buffer, start, end)
    const length = ((buffer[start] as number) << 16) | ((buffer[start + 1] as number) << 8) | (buffer[start + 2] as number)
    const type = buffer[start + 3] as number
    const flags = buffer[start + 4] as number
    const streamId = buffer.readUInt32BE(start + 5) & 0x7fffffff
    const payload = start + frameHeaderBytes
    if (length > maxFrameBytes) {
      this.stop()
      this.#handler.onOversizedFrame(type, streamId)
      return end
    }
    if (type === frameType.data) return this.#beginData(streamId, flags, length, payload)
    if (end - payload < length) return this.#hold(buffer, start, end)
    if (!this.#handler.onFrame(type, flags, streamId, buffer, payload, payload + length)) this.stop()
    return payload + length
  }

  #beginData(streamId: number, flags: number, length: number, payload: number): number {
    if (!this.#handler.onDataStart(streamId, flags, length)) {
      this.stop()
      return payload
    }
    this.#dataLeft = length
    this.#paddingLeft = 0
    this.#awaitsPadLength = (flags & frameFlag.padded) !== 0
    if (length === 0) this.#endData()
    return payload
  }

  #readData(buffer: Buffer, start: number, end: number): number {
    let at = start
    if (this.#awaitsPadLength) {
      this.#awaitsPadLength = false
      this.#paddingLeft = buffer[at++] as number
      this.#dataLeft -= 1 + this.#paddingLeft
      if (this.#dataLeft < 0) {
        this.stop()
        this.#handler.onBadPadding()
        return end
      }
    }
    const size = Math.min(this.#dataLeft, end - at)
    this.#dataLeft -= size
    if (size > 0 && !this.#handler.onDataPiece(buffer, at, at + size)) this.stop()
    at += size
    if (this.#dataLeft > 0) return at
    const padding = Math.min(this.#paddingLeft, end - at)
    this.#paddingLeft -= padding
    if (this.#paddingLeft === 0 && !this.#stopped) this.#endData()
    return at + padding
  }

  #endData(): void {
    const isBroken = this.#awaitsPadLength
    this.#awaitsPadLength = false
    this.#dataLeft = -1
    if (isBroken) {
      this.stop()
      this.#handler.onBadPadding()
    } else if (!this.#handler.onDataEnd()) this.stop()
  }

  #hold(buffer: Buffer, start: number, end: number): number {
    this.#held ??= Buffer.allocUnsafeSlow(frameHeaderBytes + 64)
    this.#heldBytes = end - start
    this.#makeRoom(this.#heldBytes)
    buffer.copy(this.#held, 0, start, end)
    return end
  }

  /** Until the frame that is held is whole. @returns where the rest begins. */
  #fillHeld(buffer: Buffer, start: number, end: number): number {
    let at = this.#take(buffer, start, end, frameHeaderBytes)
    if (this.#heldBytes < frameHeaderBytes) return at
    const held = this.#held as Buffer
    const length = held.readUIntBE(0, 3)
    const isWhole = held[3] === frameType.data || length > maxFrameBytes
    if (!isWhole) {
      at = this.#take(buffer, at, end, frameHeaderBytes + length)
      if (this.#heldBytes < frameHeaderBytes + length) return at
    }
    const size = this.#heldBytes
    this.#heldBytes = 0
    const whole = this.#held as Buffer
    // Large ones are not kept for a frame that may never come.
    if (whole.length > 1024) this.#held = undefined
    this.#readFrame(whole, 0, size)
    return at
  }

  /** Moves bytes into what is held, up to a size. */
  #take(buffer: Buffer, start: number, end: number, size: number): number {
    const take = Math.max(0, Math.min(size - this.#heldBytes, end - start))
    this.#makeRoom(Math.min(size, this.#heldBytes + Math.max(take, 4096)))
    buffer.copy(this.#held as Buffer, this.#heldBytes, start, start + take)
    this.#heldBytes += take
    return start + take
  }

  #makeRoom(size: number): void {
    const held = this.#held as Buffer
    if (held.length >= size) return
    const larger = Buffer.allocUnsafeSlow(Math.max(size, held.length * 2))
    held.copy(larger, 0, 0, this.#heldBytes)
    this.#held = larger
  }
}
