/**
 * `Channel` over Node's sockets. Reads go into one buffer shared by all connections (`onread`), which removes an
 * allocation of 64 KB a read; sockets that cannot (TLS servers, or accepted sockets where adoption does not work) use
 * 'data' events. Only this folder knows Node's sockets.
 */
import type { Socket } from 'node:net'
import type { Logger } from '@heddle/base'
import type { Channel, ChannelHandler } from './channel.js'
import { latin1 } from '../message/latin1.js'
import { flushAtTurnEnd } from './write-batch.js'
import { takeWriteBuffer, giveWriteBuffer, writeBufferBytes } from './write-buffers.js'

const channelOf = Symbol('channel')
/** `_write` is what Writable asks its implementers for; net.Socket and TLSSocket have it. */
type ChannelSocket = Socket & {
  [channelOf]?: SocketChannel
  _write(text: string, encoding: 'latin1', written: (error?: Error | null) => void): void
}

/** Text up to this many bytes waits for the end of the turn; more goes out at once, so that back-pressure is seen. */
const maxWaitingTextBytes = 32_768
/** Bytes up to this many are sent as text; libuv writes that much from the stack. */
const maxTextBytes = 16_384

const idleHandler: ChannelHandler = { onData: () => {}, onEnd: () => {}, onClose: () => {}, onDrain: () => {} }

export class SocketChannel implements Channel {
  handler: ChannelHandler = idleHandler
  readonly #socket: ChannelSocket
  readonly #logger: Logger
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  #error: Error | undefined
  #closed = false
  #pooled: Buffer[] | undefined
  /** Written, but not yet given to the socket. */
  #text = ''
  #batched = false
  /** Characters that the kernel did not take at once and libuv holds. */
  #sendingLength = 0
  #sending = false
  /** TLS takes one write at a time and ends the process at a second one: there the stream's queue has to stand in between. */
  readonly #isQueued: boolean

  /** @param reads whether the socket delivers through `onread` to {@link SocketChannel.received}; otherwise 'data' events are used. */
  constructor(socket: Socket, logger: Logger, reads: 'onread' | 'data') {
    this.#socket = socket as ChannelSocket
    this.#logger = logger
    this.#isQueued = 'encrypted' in socket
    this.remoteAddress = plainAddress(socket.remoteAddress)
    this.remotePort = socket.remotePort ?? 0
    this.localAddress = plainAddress(socket.localAddress)
    this.localPort = socket.localPort ?? 0
    this.#socket[channelOf] = this
    socket.on('end', onSocketEnd)
    socket.on('close', onSocketClose)
    socket.on('error', onSocketError)
    socket.on('drain', onSocketDrain)
    if (reads === 'data') socket.on('data', onSocketData)
  }

  get closed(): boolean {
    return this.#closed
  }
  get pendingBytes(): number {
    return this.#socket.writableLength + this.#sendingLength + this.#text.length
  }

  writeText(text: string): boolean {
    if (this.#closed || !this.#socket.writable) return true
    this.#text += text
    if (this.#text.length > maxWaitingTextBytes || this.#socket.writableNeedDrain) return this.#flushText()
    if (!this.#batched) {
      this.#batched = true
      flushAtTurnEnd(this)
    }
    return !this.#sending
  }

  turnEnded(): void {
    this.#batched = false
    this.#flushText()
  }

  /** @returns whether more may be written now. */
  #flushText(): boolean {
    const text = this.#text
    if (text === '') return true
    this.#text = ''
    if (this.#closed || !this.#socket.writable) return true
    return this.#send(text)
  }

  /**
   * Past the stream's queue while that is empty: nearly always the kernel takes the text at once, and the queue's
   * book-keeping and its extra tick would cost 3 to 5 % of a request. What libuv holds keeps its place before later writes.
   */
  #send(text: string): boolean {
    const socket = this.#socket
    if (this.#isQueued || this.#sending || socket.writableLength > 0) return socket.write(text, 'latin1') && !this.#sending
    this.#sending = true
    socket._write(text, 'latin1', this.#sent)
    if (!this.#sending) return true
    this.#sendingLength = text.length
    return false
  }

  readonly #sent = (error?: Error | null): void => {
    this.#sending = false
    if (error) this.#socket.destroy(error)
    if (this.#sendingLength === 0) return
    this.#sendingLength = 0
    if (!this.#socket.writableNeedDrain) this.drained()
  }

  writeBytes(buffer: Buffer, start: number, end: number): boolean {
    if (this.#closed || !this.#socket.writable) return true
    let more = this.#flushText()
    // Little that the kernel takes at once goes as text, too: a buffer would cost a copy that outlives the call.
    if (end - start <= maxTextBytes && !this.#isQueued && !this.#sending && this.#socket.writableLength === 0)
      return this.#send(latin1(buffer, start, end))
    for (let at = start; at < end; at += writeBufferBytes) {
      const size = Math.min(writeBufferBytes, end - at)
      const copy = takeWriteBuffer()
      buffer.copy(copy, 0, at, at + size)
      this.#pooled ??= []
      this.#pooled.push(copy)
      more = this.#socket.write(size === copy.length ? copy : copy.subarray(0, size), this.#written)
    }
    return more
  }

  pause(): void {
    this.#socket.pause()
  }
  resume(): void {
    if (!this.#closed) this.#socket.resume()
  }
  end(): void {
    if (this.#closed || !this.#socket.writable) return
    this.#flushText()
    this.#socket.end()
  }
  destroy(reset = false): void {
    if (this.#closed) return
    this.#flushText()
    if (reset && typeof this.#socket.resetAndDestroy === 'function' && !this.#isQueued) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  /** Takes the socket away, for TLS to be put on top. Its events no longer come here. */
  release(): Socket {
    const socket = this.#socket
    this.#flushText()
    socket.off('end', onSocketEnd)
    socket.off('close', onSocketClose)
    socket.off('error', onSocketError)
    socket.off('drain', onSocketDrain)
    // What came by 'data' events would go on flowing, to nobody.
    if (socket.listenerCount('data', onSocketData) > 0) socket.pause()
    socket.off('data', onSocketData)
    delete socket[channelOf]
    this.#closed = true
    return socket
  }

  received(buffer: Buffer, start: number, end: number): void {
    if (this.#closed) return
    try {
      this.handler.onData(buffer, start, end)
    } catch (error) {
      this.failed('read', error)
    }
  }

  /** A fault of the engine costs the connection, never the process. */
  failed(what: string, error: unknown): void {
    this.#logger.error('a connection was closed after an internal error', {
      what,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    this.#socket.destroy()
  }

  ended(): void {
    try {
      this.handler.onEnd()
    } catch (error) {
      this.failed('end', error)
    }
  }

  errored(error: Error): void {
    this.#error = error
  }

  hasClosed(): void {
    if (this.#closed) return
    this.#closed = true
    this.#pooled = undefined
    try {
      this.handler.onClose(this.#error)
    } catch (error) {
      this.failed('close', error)
    }
  }

  drained(): void {
    try {
      this.handler.onDrain()
    } catch (error) {
      this.failed('drain', error)
    }
  }

  readonly #written = (error?: Error | null): void => {
    const buffer = this.#pooled?.shift()
    if (buffer !== undefined && !error) giveWriteBuffer(buffer)
  }
}

function onSocketEnd(this: ChannelSocket): void {
  this[channelOf]?.ended()
}
function onSocketClose(this: ChannelSocket): void {
  this[channelOf]?.hasClosed()
}
function onSocketError(this: ChannelSocket, error: Error): void {
  this[channelOf]?.errored(error)
}
function onSocketDrain(this: ChannelSocket): void {
  this[channelOf]?.drained()
}
function onSocketData(this: ChannelSocket, data: Buffer): void {
  this[channelOf]?.received(data, 0, data.length)
}

/** IPv4 addresses of dual-stack sockets without their IPv6 wrapping. */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') ? address.slice(7) : address
}
