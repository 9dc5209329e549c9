/**
 * One stream, whichever side opened it: its state, its two windows, and what waits for room (RFC 9113 sections 5.1 and
 * 5.2). What the window does not let through is kept here; `flush` tells whoever writes to wait, so that no more than one
 * read of the other side ever is.
 */
import { HeldPieces } from '../../body/held-pieces.js'
import { HeaderBlock } from '../../message/header-block.js'
import type { Http2Connection } from './connection.js'
import { errorCode, frameFlag, maxFrameBytes } from './frame-types.js'

export abstract class Http2Stream {
  protected readonly connection: Http2Connection
  /** 0: not open yet. */
  id = 0
  sendWindow: number
  receiveWindow: number
  /** Received and not yet given back to the peer's window. */
  #unacknowledged = 0
  #pending: HeldPieces | undefined
  #pendingBytes = 0
  #endsAfterPending = false
  #trailers: HeaderBlock | undefined
  /** Where the last frame of the stream stands in the output, while it has not left. */
  #place = -1
  #generation = -1
  /** Nothing more is sent, or received. */
  localEnded = false
  remoteEnded = false
  /** Out of the connection's books. */
  closed = false
  paused = false
  /** How often it was. */
  pauses = 0
  /** Bytes that came while it was paused; and those of them that the connection's window lacks. */
  heldBytes = 0
  owedBytes = 0
  /** Somebody was told to wait. */
  awaitsRoom = false
  /** In the connection's list of streams that wait for its window. */
  awaitsConnection = false
  /** In the list of those that got something in this read. */
  touched = false
  /** Bytes that went through since the last look, and looks without any. */
  movedBytes = 0
  quietLooks = 0

  constructor(connection: Http2Connection, sendWindow: number, receiveWindow: number) {
    this.connection = connection
    this.sendWindow = sendWindow
    this.receiveWindow = receiveWindow
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** The body of the message. Bytes are valid during the call only. */
  abstract receiveData(buffer: Buffer, start: number, end: number): void
  abstract receiveEnd(trailers: HeaderBlock | undefined): void
  /** The stream is over before its time. @param isPeer whether the peer ended it. */
  abstract broken(code: number, isPeer: boolean, details: string): void
  /** There is room again. */
  abstract onRoom(): void
  /** A read of the connection is over. */
  abstract readEnded(): void
  /** Whether a body comes too slowly; what then is up to the stream. */
  lookAtRate(_nowMs: number, _bytesPerSecond: number): void {}
  /** Whether the stream has no reason to be quiet. */
  abstract get isStalled(): boolean

  protected writeData(buffer: Buffer, start: number, end: number): void {
    if (this.localEnded) return
    let at = start
    if (this.#pending === undefined) at = this.#send(buffer, start, end)
    if (at >= end) return
    this.#pending ??= new HeldPieces()
    this.#pending.append(buffer, at, end)
    this.#pendingBytes += end - at
    if (this.sendWindow > 0) this.connection.sendWindow.await(this)
  }

  /** As much as the windows let through. @returns where the rest begins. */
  #send(buffer: Buffer, start: number, end: number): number {
    const { connection } = this
    const window = connection.sendWindow
    let at = start
    while (at < end) {
      const size = Math.min(end - at, maxFrameBytes, this.sendWindow, window.left)
      if (size <= 0) break
      this.#place = connection.output.data(this.id, 0, buffer, at, at + size)
      this.#generation = connection.output.generation
      this.sendWindow -= size
      window.left -= size
      connection.budgets.dataFramesSent++
      this.movedBytes += size
      at += size
    }
    return at
  }

  /** @param place of HEADERS that were just written. */
  protected wroteHead(place: number): void {
    this.#place = place
    this.#generation = this.connection.output.generation
  }

  protected writeEnd(trailers: HeaderBlock | undefined): void {
    if (this.localEnded) return
    if (this.#pending !== undefined) {
      this.#endsAfterPending = true
      this.#trailers = trailers === undefined ? undefined : copyOf(trailers)
      return
    }
    this.#end(trailers)
  }

  #end(trailers: HeaderBlock | undefined): void {
    const { connection } = this
    this.localEnded = true
    if (trailers !== undefined) {
      const place = connection.output.beginHeaders()
      connection.heads.trailers(trailers)
      connection.output.endHeaders(place, this.id, true)
    } else if (this.#place >= 0 && this.#generation === connection.output.generation) connection.output.endStream(this.#place)
    else connection.output.data(this.id, frameFlag.endStream, noBytes, 0, 0)
    this.sentEnd()
    if (this.remoteEnded) connection.streamEnded(this)
  }

  /** The last frame is written. */
  protected sentEnd(): void {}

  /** Sends what waits. @param frames at most so many of the largest size. @returns whether more waits than the stream's own window holds back. */
  pump(frames: number): boolean {
    const pending = this.#pending?.pieces
    for (let sent = 0; pending !== undefined && sent < frames; sent++) {
      const piece = pending[0]
      if (piece === undefined) break
      const limit = Math.min(piece.length, maxFrameBytes)
      const at = this.#send(piece, 0, limit)
      this.#pendingBytes -= at
      if (at === piece.length) pending.shift()
      else if (at > 0) pending[0] = piece.subarray(at)
      if (at < limit) break
    }
    if (pending?.length === 0) this.#sentAll()
    return this.#pendingBytes > 0 && this.sendWindow > 0
  }

  #sentAll(): void {
    this.#pending = undefined
    if (this.#endsAfterPending) return this.#end(this.#trailers)
    this.tellRoom()
  }

  tellRoom(): void {
    if (!this.awaitsRoom || this.#pendingBytes > 0 || this.connection.output.blocked) return
    this.awaitsRoom = false
    this.onRoom()
  }

  /** @returns whether more may be written now; otherwise `onRoom` follows. */
  flush(): boolean {
    if (this.#pendingBytes === 0 && !this.connection.output.blocked) return true
    if (!this.closed) this.awaitsRoom = true
    return false
  }

  /** Out of the connection's books: nothing is sent or received any more. */
  leave(): void {
    this.closed = true
    this.localEnded = true
    this.remoteEnded = true
    this.#pending = undefined
    this.#pendingBytes = 0
    this.#endsAfterPending = false
    this.connection.window.letGo(this)
  }

  /** Bytes have come and were handed on. @returns whether the connection's window gets them back, too. */
  received(bytes: number): void {
    this.movedBytes += bytes
    this.#unacknowledged += bytes
    if (this.paused) return this.connection.window.holdBack(this, bytes)
    this.connection.window.consumed(bytes)
    this.#openWindow(this.connection.options.streamWindow >> 1)
  }

  #openWindow(threshold: number): void {
    const bytes = this.#unacknowledged
    if (bytes === 0 || bytes < threshold || this.remoteEnded || this.closed) return
    this.#unacknowledged = 0
    this.receiveWindow += bytes
    this.connection.updateWindow(this.id, bytes)
  }

  protected pause(): void {
    this.paused = true
    this.pauses++
  }

  protected resume(): void {
    if (!this.paused) return
    this.paused = false
    this.connection.window.letGo(this)
    this.#openWindow(1)
  }

  /** Ends the stream at once, both ways. */
  protected resetWith(code: number): void {
    this.connection.resetStream(this, code)
  }

  protected fail(details: string): void {
    this.connection.streamError(this, errorCode.protocolError, details)
  }
}

const noBytes: Buffer = Buffer.alloc(0)

/** Trailers are valid during a call only. */
function copyOf(trailers: HeaderBlock): HeaderBlock {
  const copy = new HeaderBlock()
  for (const [name, value] of trailers.entries()) copy.append(name, value)
  return copy
}
