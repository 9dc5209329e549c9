/**
 * A tunnel within a stream of HTTP/2 (CONNECT, RFC 9113 section 8.5) as a channel of its own, so that what enters through it
 * is served as any connection is: protocols detected, half closes kept, resets passed on.
 */
import type { Logger } from '@heddle/base'
import { guard } from '../guard/guard.js'
import type { RequestEvents } from '../codec/stream.js'
import type { Http2ServerStream } from '../codec/http2/server-stream.js'
import { giveBuffer } from '../body/buffer-stock.js'
import { HeaderBlock } from '../message/header-block.js'
import type { Channel, ChannelHandler, InboundChannel } from '../transport/channel.js'

const untilClose = -2
const nobody: ChannelHandler = { onData: () => {}, onEnd: () => {}, onClose: () => {}, onDrain: () => {} }

export class StreamChannel implements InboundChannel, RequestEvents {
  handler: ChannelHandler = nobody
  readonly #stream: Http2ServerStream
  readonly #logger: Logger
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  closed = false
  #ended = false
  #peerEnded = false

  /** @param below the connection that carries the stream. */
  constructor(stream: Http2ServerStream, below: Channel, logger: Logger) {
    this.#stream = stream
    this.#logger = logger
    this.remoteAddress = below.remoteAddress
    this.remotePort = below.remotePort
    this.localAddress = below.localAddress
    this.localPort = below.localPort
  }

  /** Tells the client that its bytes may come. */
  open(): void {
    this.#stream.sendHead(200, '', new HeaderBlock(), untilClose)
    this.#stream.startTunnel()
  }

  get pendingBytes(): number {
    return this.#stream.pendingBytes
  }

  writeText(latin1: string): boolean {
    const bytes = Buffer.from(latin1, 'latin1')
    return this.writeBytes(bytes, 0, bytes.length)
  }
  writeBytes(buffer: Buffer, start: number, end: number): boolean {
    if (this.#ended || this.closed) return true
    this.#stream.sendBody(buffer, start, end)
    return this.#stream.flush()
  }
  giveBytes(buffer: Buffer, length: number): boolean {
    const mayWrite = this.writeBytes(buffer, 0, length)
    giveBuffer(buffer)
    return mayWrite
  }
  /** The windows of HTTP/2 hold it to less. */
  limitBuffer(): void {}
  pause(): void {
    this.#stream.pauseRequest()
  }
  resume(): void {
    if (!this.closed) this.#stream.resumeRequest()
  }
  end(): void {
    if (this.#ended || this.closed) return
    this.#ended = true
    this.#stream.endTunnel()
    if (this.#peerEnded) this.#close(undefined)
  }
  destroy(): void {
    if (this.closed) return
    this.#stream.abort()
    this.#close(undefined)
  }
  received(buffer: Buffer, start: number, end: number): void {
    if (!this.closed) this.handler.onData(buffer, start, end)
  }

  onTunnelData(buffer: Buffer, start: number, end: number): void {
    this.received(buffer, start, end)
  }
  onTunnelEnd(): void {
    if (this.closed) return
    this.#peerEnded = true
    this.handler.onEnd()
    if (this.#ended) this.#close(undefined)
  }
  onDownstreamReset(): void {
    this.#close(new Error('the stream was reset'))
  }
  onDownstreamDrain(): void {
    if (!this.closed) this.handler.onDrain()
  }
  onRequestBody(): void {}
  onRequestEnd(): void {}
  flushUpstream(): void {}

  /** Told later, as sockets do: whoever ends a channel is not done yet. */
  #close(error: Error | undefined): void {
    if (this.closed) return
    this.closed = true
    queueMicrotask(() => guard(this.#logger, 'the end of a tunnel', () => this.handler.onClose(error)))
  }
}
