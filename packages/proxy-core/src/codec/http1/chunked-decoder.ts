/**
 * Chunked bodies (RFC 9112 section 7.1) as a state machine over whatever pieces arrive. Sizes are accumulated by
 * multiplication (a shift would wrap at 2^32); extensions are checked, counted and dropped; trailers are read as fields.
 */
import { HeaderBlock } from '../../message/header-block.js'
import { type HeadLimits, HeadParser } from './head-parser.js'
import { CR, hexDigits, LF, tokenBytes, valueBytes } from './syntax.js'

export interface BodySink {
  onBodyBytes(buffer: Buffer, start: number, end: number): void
}

const maxSizeDigits = 16
const maxLineBytes = 256
const maxExtensionBytes = 4096
const trailerLimits: HeadLimits = { maxHeadBytes: 8192, maxFields: 32, maxFieldBytes: 8192, maxTargetBytes: 0 }
const quote = 0x22
const backslash = 0x5c
const semicolon = 0x3b
const equals = 0x3d

/** States of the machine; numbers, since the step function runs once a byte of framing. */
const state = {
  size: 0,
  sizeRest: 1,
  extensionName: 2,
  extensionNameRest: 3,
  extensionValue: 4,
  extensionToken: 5,
  extensionQuoted: 6,
  extensionEscape: 7,
  extensionEnd: 8,
  sizeLf: 9,
  data: 10,
  dataCr: 11,
  dataLf: 12,
  trailers: 13,
  done: 14,
} as const

/** Results of `decode` below zero. */
export const chunkError = -1

export class ChunkedDecoder {
  #state: number = state.size
  #remaining = 0
  #digits = 0
  #lineBytes = 0
  #extensionBytes = 0
  #trailerBytes: Buffer | undefined
  /** Valid when `done`. */
  readonly trailers: HeaderBlock = new HeaderBlock()

  get done(): boolean {
    return this.#state === state.done
  }

  reset(): void {
    this.#state = state.size
    this.#remaining = 0
    this.#digits = 0
    this.#lineBytes = 0
    this.#extensionBytes = 0
    this.#trailerBytes = undefined
    this.trailers.reset()
  }

  /** Consumes up to the end of the body. @returns the offset after the last byte used, or `chunkError`. */
  decode(buffer: Buffer, start: number, end: number, sink: BodySink): number {
    let at = start
    while (at < end && this.#state !== state.done) {
      if (this.#state === state.data) {
        const take = Math.min(this.#remaining, end - at)
        sink.onBodyBytes(buffer, at, at + take)
        at += take
        this.#remaining -= take
        if (this.#remaining === 0) this.#state = state.dataCr
      } else if (this.#state === state.trailers) {
        return this.#readTrailers(buffer, at, end)
      } else {
        if (!this.#step(buffer[at] as number)) return chunkError
        at++
      }
    }
    return at
  }

  #step(byte: number): boolean {
    switch (this.#state) {
      case state.size:
      case state.sizeRest:
        return this.#stepSize(byte)
      case state.sizeLf:
        return byte === LF && this.#beginChunk()
      case state.dataCr:
        this.#state = state.dataLf
        return byte === CR
      case state.dataLf:
        this.#state = state.size
        return byte === LF
      default:
        return this.#stepExtension(byte)
    }
  }

  #stepSize(byte: number): boolean {
    const digit = hexDigits[byte] as number
    if (digit > 0) {
      this.#remaining = (this.#state === state.size ? 0 : this.#remaining) * 16 + (digit - 1)
      this.#digits = this.#state === state.size ? 1 : this.#digits + 1
      this.#lineBytes = this.#digits
      this.#state = state.sizeRest
      return this.#digits <= maxSizeDigits && Number.isSafeInteger(this.#remaining)
    }
    if (this.#state === state.size) return false
    if (byte === CR) this.#state = state.sizeLf
    else if (byte === semicolon) this.#state = state.extensionName
    else return false
    return true
  }

  // oxlint-disable-next-line complexity -- one step of the grammar; splitting it would hide the order of the bytes
  #stepExtension(byte: number): boolean {
    if (++this.#lineBytes > maxLineBytes || ++this.#extensionBytes > maxExtensionBytes) return false
    switch (this.#state) {
      case state.extensionName:
        this.#state = state.extensionNameRest
        return tokenBytes[byte] === 1
      case state.extensionNameRest:
        if (tokenBytes[byte] === 1) return true
        if (byte === equals) {
          this.#state = state.extensionValue
          return true
        }
        return this.#endExtension(byte)
      case state.extensionValue:
        this.#state = byte === quote ? state.extensionQuoted : state.extensionToken
        return byte === quote || tokenBytes[byte] === 1
      case state.extensionToken:
        return tokenBytes[byte] === 1 || this.#endExtension(byte)
      case state.extensionQuoted:
        if (byte === quote) this.#state = state.extensionEnd
        else if (byte === backslash) this.#state = state.extensionEscape
        return valueBytes[byte] === 1
      case state.extensionEscape:
        this.#state = state.extensionQuoted
        return valueBytes[byte] === 1
      default:
        return this.#endExtension(byte)
    }
  }

  #endExtension(byte: number): boolean {
    if (byte === semicolon) this.#state = state.extensionName
    else if (byte === CR) this.#state = state.sizeLf
    else return false
    return true
  }

  #beginChunk(): boolean {
    this.#state = this.#remaining === 0 ? state.trailers : state.data
    return true
  }

  /** Trailers are small and rare: what is incomplete is copied and parsed again with the next bytes. */
  #readTrailers(buffer: Buffer, start: number, end: number): number {
    if (this.#trailerBytes === undefined && buffer[start] === CR && start + 1 < end) {
      this.#state = state.done
      return buffer[start + 1] === LF ? start + 2 : chunkError
    }
    const held = this.#trailerBytes?.length ?? 0
    const all =
      this.#trailerBytes === undefined ? buffer.subarray(start, end) : Buffer.concat([this.#trailerBytes, buffer.subarray(start, end)])
    const length = parseTrailers(all, this.trailers)
    if (length < 0) return chunkError
    if (length === 0) {
      this.#trailerBytes = Buffer.from(all)
      return end
    }
    this.#state = state.done
    return start + length - held
  }
}

const emptyStartLine = Buffer.from('HTTP/1.1 200 \r\n', 'latin1')

/** Trailers have the grammar of fields; a made-up status line in front lets the one parser read them. */
function parseTrailers(bytes: Buffer, block: HeaderBlock): number {
  block.reset()
  const length = new HeadParser('response', trailerLimits).parse(
    Buffer.concat([emptyStartLine, bytes]),
    0,
    emptyStartLine.length + bytes.length,
    block,
  )
  return length <= 0 ? length : length - emptyStartLine.length
}
