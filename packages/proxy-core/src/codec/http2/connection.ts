/**
 * What both ends of an HTTP/2 connection have in common (RFC 9113): frames, settings, windows and the states of streams.
 * The server's and the client's side say what heads mean.
 */
import type { HeaderBlock } from '../../message/header-block.js'
import type { Channel, ChannelHandler } from '../../transport/channel.js'
import { ClosedStreams } from './closed-streams.js'
import { type ConnectionOwner, ConnectionLife, drainPing, settingsDeadlineMs } from './connection-life.js'
import { type FrameHandler, FrameReader } from './frame-reader.js'
import { errorCode, frameFlag, frameType, largestWindow } from './frame-types.js'
import { HeadReader } from './head-reader.js'
import { HeadWriter } from './head-writer.js'
import { HeaderBlocks } from './header-blocks.js'
import { HpackDecoder } from './hpack/decoder.js'
import { HpackEncoder } from './hpack/encoder.js'
import type { Http2Deps, Http2Options } from './options.js'
import { PeerSettings } from './peer-settings.js'
import { ReceiveWindow } from './receive-window.js'
import { SendWindow } from './send-window.js'
import type { Http2Stream } from './stream.js'
import { timer } from './timers.js'

export abstract class Http2Connection extends ConnectionLife implements ChannelHandler, FrameHandler {
  readonly heads: HeadWriter
  readonly #encoder: HpackEncoder
  readonly #decoder = new HpackDecoder()
  protected readonly head: HeadReader
  readonly #frames: FrameReader
  readonly #blocks: HeaderBlocks
  readonly window: ReceiveWindow
  protected readonly closedStreams: ClosedStreams = new ClosedStreams()
  protected readonly peer: PeerSettings = new PeerSettings()
  readonly sendWindow: SendWindow = new SendWindow()
  #touched: Http2Stream[] = []
  #dataStream: Http2Stream | undefined
  #dataLength = 0
  #dataContent = 0
  #dataEnds = false
  /** The peer's SETTINGS have come. */
  isSettled = false

  constructor(channel: Channel, owner: ConnectionOwner, options: Http2Options, deps: Http2Deps) {
    super(channel, owner, options, deps)
    this.#encoder = new HpackEncoder(this.output)
    this.heads = new HeadWriter(this.#encoder)
    this.head = new HeadReader(options.head)
    this.#frames = new FrameReader(this)
    this.#blocks = new HeaderBlocks(options.head.maxHeadBytes)
    this.window = new ReceiveWindow(options.connectionWindow, (bytes) => this.updateWindow(0, bytes))
  }

  /** A whole header block. @returns whether the connection goes on. */
  protected abstract onHeaders(streamId: number, endStream: boolean, buffer: Buffer, start: number, end: number): boolean
  /** Whether no stream with this id can have been opened yet. */
  protected abstract isIdle(streamId: number): boolean
  /** A stream has left the books. */
  protected abstract onStreamRemoved(stream: Http2Stream): void
  protected abstract onPeerSettings(): void
  /** The peer takes no stream above this one. */
  protected abstract onGoAway(lastStream: number): void
  protected abstract readonly isServer: boolean

  // Out.

  /** Sends our SETTINGS and opens the window of the connection. */
  protected begin(settings: readonly (readonly [id: number, value: number])[]): void {
    const { output } = this
    output.begin(settings.length * 6, frameType.settings, 0, 0)
    for (const [id, value] of settings) {
      output.at = output.buffer.writeUInt16BE(id, output.at)
      output.at = output.buffer.writeUInt32BE(value, output.at)
    }
    if (this.window.surplus > 0) this.updateWindow(0, this.window.surplus)
    this.timers.set(timer.settings, this.nowMs() + settingsDeadlineMs)
    this.heard()
  }

  updateWindow(streamId: number, bytes: number): void {
    if (!this.ended) this.output.number(frameType.windowUpdate, streamId, bytes)
  }

  // The channel.

  onData(buffer: Buffer, start: number, end: number): void {
    if (this.ended) return
    if (this.options.keepAliveMs > 0) this.heard()
    this.#frames.read(buffer, start, end)
    const touched = this.#touched
    if (touched.length === 0) return
    this.#touched = []
    for (const stream of touched) {
      stream.touched = false
      stream.readEnded()
    }
  }

  /** The stream got something in this read. */
  protected touch(stream: Http2Stream): void {
    if (stream.touched) return
    stream.touched = true
    this.#touched.push(stream)
  }

  onEnd(): void {
    this.channel.destroy()
  }

  onClose(error: Error | undefined): void {
    this.timers.close()
    this.stop()
    this.breakAll(errorCode.noError, true, error?.message ?? '')
    this.owner.onConnectionClosed()
  }

  onDrain(): void {
    this.output.blocked = false
    for (const stream of this.streams.values()) stream.tellRoom()
  }

  protected stopReading(): void {
    this.#frames.stop()
  }

  // Frames in.

  onDataStart(streamId: number, flags: number, length: number): boolean {
    if (this.#blocks.streamId !== 0) return this.connectionError(errorCode.protocolError, 'a frame within a header block')
    if (streamId === 0) return this.connectionError(errorCode.protocolError, 'DATA on stream 0')
    this.#dataEnds = (flags & frameFlag.endStream) !== 0
    this.#dataLength = length
    this.#dataContent = 0
    this.#dataStream = undefined
    if (!this.window.take(length)) return this.connectionError(errorCode.flowControlError, 'more DATA than the connection allows')
    const stream = this.streams.get(streamId)
    if (stream === undefined) return this.#dataForNobody(streamId)
    if (stream.remoteEnded) return this.streamError(stream, errorCode.streamClosed, 'DATA behind the end')
    stream.receiveWindow -= length
    if (stream.receiveWindow < 0) return this.streamError(stream, errorCode.flowControlError, 'more DATA than the stream allows')
    this.#dataStream = stream
    return true
  }

  #dataForNobody(streamId: number): boolean {
    if (this.isIdle(streamId)) return this.connectionError(errorCode.protocolError, 'DATA on an idle stream')
    if (!this.closedStreams.wasReset(streamId) && this.closedStreams.hasEnded(streamId))
      return this.connectionError(errorCode.streamClosed, 'DATA on a closed stream')
    return true
  }

  onDataPiece(buffer: Buffer, start: number, end: number): boolean {
    this.#dataContent += end - start
    const stream = this.#dataStream
    if (stream === undefined || stream.closed) return !this.ended
    this.touch(stream)
    stream.receiveData(buffer, start, end)
    return !this.ended
  }

  onDataEnd(): boolean {
    if (this.#dataContent > 0 || this.#dataEnds) this.budgets.contentFrame()
    else if (!this.budgets.emptyFrame()) return this.calm('frames without content')
    const stream = this.#dataStream
    if (stream === undefined || stream.closed) this.window.consumed(this.#dataLength)
    else {
      stream.received(this.#dataLength)
      if (this.#dataEnds) this.remoteEnd(stream, undefined)
    }
    return !this.ended
  }

  /** The peer's message is whole. */
  protected remoteEnd(stream: Http2Stream, trailers: HeaderBlock | undefined): void {
    if (stream.closed) return
    this.touch(stream)
    stream.remoteEnded = true
    stream.receiveEnd(trailers)
    if (stream.localEnded) this.streamEnded(stream)
  }

  onOversizedFrame(type: number): void {
    this.connectionError(errorCode.frameSizeError, `a frame of type ${type} that is too long`)
  }
  onBadPadding(): void {
    this.connectionError(errorCode.protocolError, 'padding longer than its frame')
  }

  // oxlint-disable-next-line complexity -- a table of frames
  onFrame(type: number, flags: number, streamId: number, buffer: Buffer, start: number, end: number): boolean {
    const awaited = this.#blocks.streamId
    if (awaited !== 0 && (type !== frameType.continuation || streamId !== awaited))
      return this.connectionError(errorCode.protocolError, 'a frame within a header block')
    switch (type) {
      case frameType.headers:
        return this.#headers(flags, streamId, buffer, start, end)
      case frameType.continuation:
        return this.#continuation(flags, buffer, start, end)
      case frameType.priority:
        return this.#priority(streamId, buffer, start, end)
      case frameType.rstStream:
        return this.#rstStream(streamId, buffer, start, end)
      case frameType.settings:
        return this.#settings(flags, streamId, buffer, start, end)
      case frameType.pushPromise:
        return this.connectionError(errorCode.protocolError, 'a push')
      case frameType.ping:
        return this.#pinged(flags, streamId, buffer, start, end)
      case frameType.goAway:
        return this.#peerGoesAway(streamId, buffer, start, end)
      case frameType.windowUpdate:
        return this.#windowUpdate(streamId, buffer, start, end)
      default:
        return this.#isVoid()
    }
  }

  /** A frame that says nothing. @returns whether the connection goes on. */
  #isVoid(): boolean {
    return this.budgets.voidFrame() || this.calm('frames that say nothing')
  }

  /** Of a header block that goes on, a frame that adds nothing to it. */
  #isEmpty(): boolean {
    return this.budgets.emptyFrame() || this.calm('frames without content')
  }

  #headers(flags: number, streamId: number, buffer: Buffer, start: number, end: number): boolean {
    if (streamId === 0) return this.connectionError(errorCode.protocolError, 'HEADERS on stream 0')
    this.budgets.contentFrame()
    const isPadded = (flags & frameFlag.padded) !== 0
    const hasPriority = (flags & frameFlag.priority) !== 0
    const extra = (isPadded ? 1 : 0) + (hasPriority ? 5 : 0)
    if (end - start < extra) return this.connectionError(errorCode.frameSizeError, 'HEADERS that are too short')
    const at = start + extra
    const blockEnd = isPadded ? end - (buffer[start] as number) : end
    if (blockEnd < at) return this.connectionError(errorCode.protocolError, 'padding longer than its frame')
    if (hasPriority && (buffer.readUInt32BE(at - 5) & largestWindow) === streamId) this.selfDependent = streamId
    if ((flags & frameFlag.endHeaders) === 0) {
      this.#blocks.open(streamId, flags, buffer, at, blockEnd)
      this.timers.set(timer.headerBlock, this.nowMs() + this.options.headDeadlineMs)
      return blockEnd > at || this.#isEmpty()
    }
    if (blockEnd - at > this.options.head.maxHeadBytes)
      return this.connectionError(errorCode.enhanceYourCalm, 'a header block that is too long')
    return this.onHeaders(streamId, (flags & frameFlag.endStream) !== 0, buffer, at, blockEnd)
  }

  /** A stream whose HEADERS say that it depends on itself; 0: none. */
  protected selfDependent = 0

  #continuation(flags: number, buffer: Buffer, start: number, end: number): boolean {
    const { streamId, endStream } = this.#blocks
    if (streamId === 0) return this.connectionError(errorCode.protocolError, 'CONTINUATION without a header block')
    if (!this.#blocks.add(buffer, start, end)) return this.connectionError(errorCode.enhanceYourCalm, 'a header block that is too long')
    if ((flags & frameFlag.endHeaders) === 0) return end > start || this.#isEmpty()
    this.timers.clear(timer.headerBlock)
    const block = this.#blocks.take()
    return this.onHeaders(streamId, endStream, block, 0, block.length)
  }

  /** Into `this.head`, which has begun. @returns whether the block was sound as such. */
  protected decode(buffer: Buffer, start: number, end: number): boolean {
    if (!this.#decoder.decode(buffer, start, end, this.head))
      return this.connectionError(errorCode.compressionError, 'a header block that cannot be read')
    this.head.finish()
    return true
  }

  #priority(streamId: number, buffer: Buffer, start: number, end: number): boolean {
    if (streamId === 0) return this.connectionError(errorCode.protocolError, 'PRIORITY on stream 0')
    if (!this.budgets.priority()) return this.calm('PRIORITY frames')
    const isShort = end - start !== 5
    if (!isShort && (buffer.readUInt32BE(start) & largestWindow) !== streamId) return true
    const stream = this.streams.get(streamId)
    const code = isShort ? errorCode.frameSizeError : errorCode.protocolError
    if (stream !== undefined) return this.streamError(stream, code, 'PRIORITY')
    this.sendReset(streamId, code)
    return this.#countReset()
  }

  #rstStream(streamId: number, buffer: Buffer, start: number, end: number): boolean {
    if (end - start !== 4) return this.connectionError(errorCode.frameSizeError, 'the length of RST_STREAM')
    if (streamId === 0 || this.isIdle(streamId)) return this.connectionError(errorCode.protocolError, 'RST_STREAM on an idle stream')
    const stream = this.streams.get(streamId)
    if (stream === undefined) return this.#isVoid()
    this.closedStreams.addEnded(streamId)
    const code = buffer.readUInt32BE(start)
    this.#leave(stream)
    stream.broken(code, true, '')
    return this.#countReset()
  }

  #countReset(): boolean {
    return !this.isServer || this.budgets.reset(this.nowMs()) || this.calm('streams that are reset')
  }

  #settings(flags: number, streamId: number, buffer: Buffer, start: number, end: number): boolean {
    if (streamId !== 0) return this.connectionError(errorCode.protocolError, 'SETTINGS on a stream')
    const isAck = (flags & frameFlag.ack) !== 0
    if ((isAck && end > start) || (end - start) % 6 !== 0) return this.connectionError(errorCode.frameSizeError, 'the length of SETTINGS')
    if (isAck) {
      if (!this.timers.isSet(timer.settings)) return this.#isVoid()
      this.timers.clear(timer.settings)
      return true
    }
    if (this.isSettled && !this.budgets.settings(this.nowMs())) return this.calm('SETTINGS')
    const windowBefore = this.peer.initialWindow
    const error = this.peer.read(buffer, start, end, this.isServer)
    if (error !== 0) return this.connectionError(error, 'a value in SETTINGS')
    this.#encoder.setPeerTableSize(this.peer.headerTableSize)
    // At once (section 6.5.3), before what the new values let through.
    if (!this.#answer(0, frameType.settings)) return false
    if (!this.#moveWindows(this.peer.initialWindow - windowBefore)) return false
    this.isSettled = true
    this.onPeerSettings()
    return true
  }

  /** Section 6.9.2: a change of the initial window moves those of all streams, also below zero. */
  #moveWindows(difference: number): boolean {
    if (difference === 0) return true
    for (const stream of this.streams.values()) {
      stream.sendWindow += difference
      if (stream.sendWindow > largestWindow) return this.connectionError(errorCode.flowControlError, 'a window that is too large')
      if (difference > 0 && stream.pump(Infinity)) this.sendWindow.await(stream)
    }
    return true
  }

  /** Acknowledges SETTINGS or PING, whose payload is written by the caller. @returns whether the peer reads what it asks for. */
  #answer(length: number, type: number): boolean {
    if (!this.budgets.controlFrame(this.channel.pendingBytes > 0)) {
      this.connectionError(errorCode.enhanceYourCalm, 'answers that are not read')
      this.channel.destroy()
      return false
    }
    this.output.begin(length, type, frameFlag.ack, 0)
    return true
  }

  #pinged(flags: number, streamId: number, buffer: Buffer, start: number, end: number): boolean {
    if (streamId !== 0) return this.connectionError(errorCode.protocolError, 'PING on a stream')
    if (end - start !== 8) return this.connectionError(errorCode.frameSizeError, 'the length of PING')
    if ((flags & frameFlag.ack) === 0) {
      if (!this.#answer(8, frameType.ping)) return false
      buffer.copy(this.output.buffer, this.output.at, start, end)
      this.output.at += 8
      return true
    }
    if (!this.timers.isSet(timer.pong) && !this.timers.isSet(timer.drain)) return this.#isVoid()
    if (buffer.readUInt32BE(start + 4) === drainPing) this.finishDrain()
    this.timers.clear(timer.pong)
    return true
  }

  #peerGoesAway(streamId: number, buffer: Buffer, start: number, end: number): boolean {
    if (streamId !== 0) return this.connectionError(errorCode.protocolError, 'GOAWAY on a stream')
    if (end - start < 8) return this.connectionError(errorCode.frameSizeError, 'the length of GOAWAY')
    this.onGoAway(buffer.readUInt32BE(start) & largestWindow)
    return !this.ended && this.#isVoid()
  }

  #windowUpdate(streamId: number, buffer: Buffer, start: number, end: number): boolean {
    if (end - start !== 4) return this.connectionError(errorCode.frameSizeError, 'the length of WINDOW_UPDATE')
    if (!this.budgets.windowUpdate()) return this.calm('WINDOW_UPDATE frames')
    const bytes = buffer.readUInt32BE(start) & largestWindow
    if (streamId === 0) {
      if (bytes === 0) return this.connectionError(errorCode.protocolError, 'WINDOW_UPDATE of 0')
      return this.sendWindow.grow(bytes) || this.connectionError(errorCode.flowControlError, 'a window that is too large')
    }
    if (this.isIdle(streamId)) return this.connectionError(errorCode.protocolError, 'WINDOW_UPDATE on an idle stream')
    const stream = this.streams.get(streamId)
    if (stream === undefined) return true
    if (bytes === 0) return this.streamError(stream, errorCode.protocolError, 'WINDOW_UPDATE of 0')
    stream.sendWindow += bytes
    if (stream.sendWindow > largestWindow) return this.streamError(stream, errorCode.flowControlError, 'a window that is too large')
    if (stream.pump(Infinity)) this.sendWindow.await(stream)
    return true
  }

  // The ends.

  sendReset(streamId: number, code: number): void {
    if (!this.ended) this.output.number(frameType.rstStream, streamId, code)
  }

  /** Ends a stream before its time, from here. Its owner knows. */
  resetStream(stream: Http2Stream, code: number): void {
    if (stream.closed || stream.id === 0) return
    this.sendReset(stream.id, code)
    this.closedStreams.addReset(stream.id)
    this.#leave(stream)
  }

  /** The peer broke the rules of one stream. @returns whether the connection goes on. */
  streamError(stream: Http2Stream, code: number, details: string): boolean {
    if (stream.closed) return !this.ended
    this.resetStream(stream, code)
    stream.broken(code, false, details)
    return this.#countReset()
  }

  /** Both sides are done with it. */
  streamEnded(stream: Http2Stream): void {
    if (stream.closed) return
    this.closedStreams.addEnded(stream.id)
    this.#leave(stream)
  }

  #leave(stream: Http2Stream): void {
    this.streams.delete(stream.id)
    stream.leave()
    this.onStreamRemoved(stream)
    if (this.streams.size === 0 && this.goAway === 'final') this.close()
  }
}
