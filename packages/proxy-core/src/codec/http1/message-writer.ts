/**
 * Gathers one message's text and writes it with as few writes as possible. Small bodies join the head as one latin1
 * string (the kernel call is the dear part, and strings are copied by Node, so shared read buffers stay safe); larger
 * pieces go out as bytes. Chunked framing is written here, never taken over from the sender.
 */
import type { Channel } from '../../transport/channel.js'
import type { HeaderBlock } from '../../message/header-block.js'
import { latin1 } from '../../message/latin1.js'
import { bodyLength } from './framing.js'

/** Above this a piece goes out as bytes of its own. */
const maxTextBytes = 16_384

export class MessageWriter {
  readonly #channel: Channel
  #text = ''
  #body = ''
  #chunked = false
  /** Bytes of the body that still have to come when the length is fixed; -1 otherwise. */
  #remaining = -1
  /** Whether the last write asked to wait. */
  #blocked = false

  constructor(channel: Channel) {
    this.#channel = channel
  }

  /** @param length bytes, or one of `bodyLength`. */
  begin(head: string, length: number): void {
    this.#text += head
    this.#chunked = length === bodyLength.chunked
    this.#remaining = length >= 0 ? length : -1
  }

  /** @returns false when the body is longer than was announced; the message is broken. */
  bytes(buffer: Buffer, start: number, end: number): boolean {
    const size = end - start
    if (!this.#count(size)) return false
    if (size + this.#body.length + this.#text.length <= maxTextBytes) {
      this.#body += latin1(buffer, start, end)
      return true
    }
    this.#gather()
    if (this.#chunked) this.#text += `${size.toString(16)}\r\n`
    if (this.#text !== '') this.#blocked = !this.#channel.writeText(this.#text)
    this.#blocked = !this.#channel.writeBytes(buffer, start, end)
    this.#text = this.#chunked ? '\r\n' : ''
    return true
  }

  text(latin1Text: string): boolean {
    if (!this.#count(latin1Text.length)) return false
    this.#body += latin1Text
    return true
  }

  /** @returns whether the message is as long as was announced. */
  end(trailers: HeaderBlock | undefined): boolean {
    this.#gather()
    if (this.#chunked) this.#text += `0\r\n${trailers === undefined ? '' : trailerLines(trailers)}\r\n`
    this.#chunked = false
    return this.#remaining <= 0
  }

  /** @returns whether more may be written now. */
  flush(): boolean {
    this.#gather()
    if (this.#text === '') return !this.#blocked
    this.#blocked = !this.#channel.writeText(this.#text)
    this.#text = ''
    return !this.#blocked
  }

  drained(): void {
    this.#blocked = false
  }

  #count(size: number): boolean {
    if (this.#remaining < 0) return true
    this.#remaining -= size
    return this.#remaining >= 0
  }

  #gather(): void {
    if (this.#body === '') return
    this.#text += this.#chunked ? `${this.#body.length.toString(16)}\r\n${this.#body}\r\n` : this.#body
    this.#body = ''
  }
}

function trailerLines(trailers: HeaderBlock): string {
  let lines = ''
  for (const [name, value] of trailers.entries()) lines += `${name}: ${value}\r\n`
  return lines
}
