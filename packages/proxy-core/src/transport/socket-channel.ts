/**
 * `Channel` over Node's sockets. Reads go into one buffer shared by all connections (`onread`), which removes an
 * allocation of 64 KB a read; sockets that cannot (TLS servers, or accepted sockets where adoption does not work) use
 * 'data' events. Only this folder knows Node's sockets.
 */
import type { Socket } from 'node:net'
import type { Logger } from '@heddle/base'
import type { Channel, ChannelHandler } from './channel.js'
import { giveBuffer, stockBufferBytes, takeBuffer } from '../body/buffer-stock.js'
import { latin1 } from '../message/latin1.js'
import type { AbortWatch } from './abort-watch.js'
import { hasLostPeer, resetSocket } from './reset-socket.js'
import { flushAtTurnEnd } from './write-batch.js'

const channelOf = Symbol('channel')
type Written = (error?: Error | null) => void
/** `_write` and `_writev` are what Writable asks its implementers for; net.Socket and TLSSocket have them. */
type ChannelSocket = Socket & {
  [channelOf]?: SocketChannel
  _write(chunk: Chunk, encoding: ChunkEncoding, written: Written): void
  _writev(chunks: readonly { readonly chunk: Chunk; readonly encoding: ChunkEncoding }[], written: Written): void
}
/** Text is latin1; bytes are the first of a buffer that goes back to the stock, which needs it whole. */
type Piece = string | { readonly buffer: Buffer; readonly length: number }
type Chunk = string | Buffer
type ChunkEncoding = 'latin1' | 'buffer'

/** Text up to this many bytes waits for the end of the turn; more goes out at once, so that back-pressure is seen. */
const maxWaitingTextBytes = 32_768
/** Bytes up to this many are sent as text; libuv writes that much from the stack. */
const maxTextBytes = 16_384
/** The writer is asked to wait while this much or more was given to the socket and is not sent; Node's streams have the same mark. */
const highWaterBytes = 16_384

const idleHandler: ChannelHandler = { onData: () => {}, onEnd: () => {}, onClose: () => {}, onDrain: () => {} }

/**
 * Writes go past the stream's queue: nearly always the kernel takes them at once, and the queue's book-keeping and its extra
 * tick would cost 3 to 5 % of a request. One write is under way at a time (TLS ends the process at a second one); the next
 * pieces wait here.
 */
export class SocketChannel implements Channel {
  handler: ChannelHandler = idleHandler
  readonly #socket: ChannelSocket
  readonly #logger: Logger
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly #watch: AbortWatch | undefined
  #error: Error | undefined
  #closed = false
  #ended = false
  /** The peer will send no more. */
  #peerEnded = false
  /** Written, but not yet given to the socket. */
  #text = ''
  #batched = false
  /** The pieces that the socket is sending, and those after them. */
  #sending: readonly Piece[] | undefined
  #waiting: Piece[] = []
  /** Bytes of both. */
  #unsentBytes = 0
  #highWaterBytes = highWaterBytes
  #lowWaterBytes = highWaterBytes
  /** Whether a writer was told to wait for `onDrain`. */
  #isFull = false

  /** @param reads whether the socket delivers through `onread` to {@link SocketChannel.received}; otherwise 'data' events are used. */
  constructor(socket: Socket, logger: Logger, reads: 'onread' | 'data', watch?: AbortWatch) {
    this.#socket = socket as ChannelSocket
    this.#logger = logger
    this.#watch = watch
    this.remoteAddress = plainAddress(socket.remoteAddress)
    this.remotePort = socket.remotePort ?? 0
    this.localAddress = plainAddress(socket.localAddress)
    this.localPort = socket.localPort ?? 0
    this.#socket[channelOf] = this
    socket.on('end', onSocketEnd)
    socket.on('close', onSocketClose)
    socket.on('error', onSocketError)
    if (reads === 'data') socket.on('data', onSocketData)
  }

  get closed(): boolean {
    return this.#closed
  }
  get pendingBytes(): number {
    return this.#unsentBytes + this.#text.length
  }

  writeText(text: string): boolean {
    if (this.#ended) return true
    this.#text += text
    if (this.#text.length > maxWaitingTextBytes) return this.#flushText()
    if (!this.#batched) {
      this.#batched = true
      flushAtTurnEnd(this)
    }
    return !this.#isFull
  }

  turnEnded(): void {
    this.#batched = false
    this.#flushText()
  }

  writeBytes(buffer: Buffer, start: number, end: number): boolean {
    if (this.#ended) return true
    this.#flushText()
    // Little that the kernel takes at once goes as text, too: a buffer would cost a copy that outlives the call.
    if (end - start <= maxTextBytes && this.#sending === undefined) return this.#give(latin1(buffer, start, end))
    for (let at = start; at < end; at += stockBufferBytes) {
      const size = Math.min(stockBufferBytes, end - at)
      const copy = takeBuffer()
      buffer.copy(copy, 0, at, at + size)
      this.#give({ buffer: copy, length: size })
    }
    return !this.#isFull
  }

  giveBytes(buffer: Buffer, length: number): boolean {
    if (this.#ended) {
      giveBuffer(buffer)
      return true
    }
    this.#flushText()
    return this.#give({ buffer, length })
  }

  /** @returns whether more may be written now. */
  #flushText(): boolean {
    const text = this.#text
    if (text !== '') {
      this.#text = ''
      this.#give(text)
    }
    return !this.#isFull
  }

  /** @returns whether more may be written now. */
  #give(piece: Piece): boolean {
    this.#unsentBytes += piece.length
    if (this.#sending === undefined) this.#send([piece])
    else this.#waiting.push(piece)
    this.#isFull = this.#unsentBytes >= this.#highWaterBytes
    return !this.#isFull
  }

  #send(pieces: readonly Piece[]): void {
    this.#sending = pieces
    if (pieces.length === 1) this.#socket._write(chunkOf(pieces[0] as Piece), encodingOf(pieces[0] as Piece), this.#sent)
    else
      this.#socket._writev(
        pieces.map((piece) => ({ chunk: chunkOf(piece), encoding: encodingOf(piece) })),
        this.#sent,
      )
  }

  /** Within the write when the kernel takes it at once. */
  readonly #sent = (error?: Error | null): void => {
    const pieces = this.#sending ?? []
    this.#sending = undefined
    for (const piece of pieces) {
      this.#unsentBytes -= piece.length
      if (typeof piece !== 'string' && !error) giveBuffer(piece.buffer)
    }
    if (error) return void this.#socket.destroy(error)
    if (this.#waiting.length > 0) {
      const next = this.#waiting
      this.#waiting = []
      this.#send(next)
    } else if (this.#ended && !this.#socket.destroyed) this.#socket.end()
    if (!this.#isFull || this.#unsentBytes >= this.#lowWaterBytes) return
    this.#isFull = false
    this.drained()
  }

  limitBuffer(bytes: number): void {
    this.#highWaterBytes = bytes
    this.#lowWaterBytes = Math.max(1, bytes >> 1)
  }
  pause(): void {
    this.#socket.pause()
    if (!this.#closed) this.#watch?.add(this)
  }
  resume(): void {
    if (this.#closed) return
    this.#socket.resume()
    if (!this.#peerEnded) this.#watch?.delete(this)
  }
  probe(): void {
    // Once both sides have ended a connection has no peer either.
    if (this.#closed || this.#ended || !hasLostPeer(this.#socket)) return
    this.#socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
  }
  end(): void {
    if (this.#ended) return
    this.#flushText()
    this.#ended = true
    if (this.#sending === undefined) this.#socket.end()
  }
  destroy(reset = false): void {
    if (this.#closed) return
    this.#flushText()
    this.#ended = true
    if (reset) resetSocket(this.#socket)
    else this.#socket.destroy()
  }

  /** Takes the socket of a plain channel away, for TLS to be put on top. Its events no longer come here. */
  release(): Socket {
    const socket = this.#socket
    this.#flushText()
    for (const piece of this.#waiting.splice(0)) socket.write(chunkOf(piece), 'latin1')
    socket.off('end', onSocketEnd)
    socket.off('close', onSocketClose)
    socket.off('error', onSocketError)
    // What came by 'data' events would go on flowing, to nobody.
    if (socket.listenerCount('data', onSocketData) > 0) socket.pause()
    socket.off('data', onSocketData)
    delete socket[channelOf]
    this.#closed = true
    this.#ended = true
    this.#watch?.delete(this)
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
    this.#peerEnded = true
    if (!this.#closed) this.#watch?.add(this)
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
    this.#ended = true
    this.#waiting = []
    this.#watch?.delete(this)
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
}

function chunkOf(piece: Piece): Chunk {
  return typeof piece === 'string' ? piece : piece.buffer.subarray(0, piece.length)
}

function encodingOf(piece: Piece): ChunkEncoding {
  return typeof piece === 'string' ? 'latin1' : 'buffer'
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
function onSocketData(this: ChannelSocket, data: Buffer): void {
  this[channelOf]?.received(data, 0, data.length)
}

/** IPv4 addresses of dual-stack sockets without their IPv6 wrapping. */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') ? address.slice(7) : address
}
