/**
 * The client's side of HTTP/2 on one channel: as many exchanges at a time as both sides allow. Streams that a GOAWAY says
 * were not taken up fail as refused, which makes them safe to try elsewhere.
 */
import type { UpstreamConnectionInfo } from '../../decision-record.js'
import { HeaderBlock } from '../../message/header-block.js'
import type { Channel } from '../../transport/channel.js'
import type { ResetReason } from '../stream.js'
import { Http2ClientStream } from './client-stream.js'
import { Http2Connection } from './connection.js'
import { clientPreface, errorCode, largestWindow, settingId } from './frame-types.js'
import { ownTableSize } from './hpack/decoder.js'
import type { Http2Deps, Http2Options } from './options.js'
import type { Http2Stream } from './stream.js'
import { timer } from './timers.js'

/** The pool that the connection belongs to. */
export interface Http2ClientOwner {
  /** More streams may be opened, or a drained connection has lost its last one. */
  onStreamsChanged(connection: Http2ClientConnection): void
  /** The peer has said how many streams it takes. */
  onStreamsSettled(streams: number): void
  /** Once, last. */
  onConnectionClosed(connection: Http2ClientConnection): void
}

/** Stream numbers are used up. */
const lastStreamId = largestWindow - 2
const maxSpareBlocks = 32
/** As long as nothing is known of the peer; RFC 9113 section 6.5.2 recommends to take no fewer. */
const unsettledStreams = 100

export class Http2ClientConnection extends Http2Connection {
  protected readonly isServer = false
  readonly #pool: Http2ClientOwner
  /** Opened before the peer has said how many it takes. */
  readonly #unsettledStreams: number
  readonly info: UpstreamConnectionInfo & { requestCount: number }
  #nextId = 1
  /** Streams that were given out and not opened yet. */
  #reserved = 0
  #goesAway = false
  /** Requests that wait for the peer's SETTINGS. */
  readonly #deferred: (() => void)[] = []
  readonly #failures: { readonly stream: Http2ClientStream; readonly reason: ResetReason }[] = []
  readonly #spare: HeaderBlock[] = []

  constructor(
    channel: Channel,
    pool: Http2ClientOwner,
    options: Http2Options,
    deps: Http2Deps,
    info: UpstreamConnectionInfo & { requestCount: number },
    likelyStreams: number = Infinity,
  ) {
    super(channel, { onConnectionClosed: () => pool.onConnectionClosed(this), onConnectionError: () => {} }, options, deps)
    this.#pool = pool
    this.#unsettledStreams = Math.min(unsettledStreams, likelyStreams)
    this.info = info
    this.output.reserve(clientPreface.length)
    clientPreface.copy(this.output.buffer, this.output.at)
    this.output.at += clientPreface.length
    this.begin([
      [settingId.headerTableSize, ownTableSize],
      [settingId.enablePush, 0],
      [settingId.initialWindowSize, options.streamWindow],
      [settingId.maxHeaderListSize, options.head.maxHeadBytes],
    ])
  }

  get closed(): boolean {
    return this.ended
  }
  /** Streams that may be opened now. */
  get available(): number {
    if (this.ended || this.#goesAway || this.goAway !== 'none') return 0
    const allowed = this.isSettled ? this.peer.maxConcurrentStreams : this.#unsettledStreams
    return Math.min(allowed, this.options.maxConcurrentStreams) - this.activeStreams
  }
  get activeStreams(): number {
    return this.streams.size + this.#reserved
  }

  /** What a stream that waited for the peer's SETTINGS may learn from them. */
  get #isFull(): boolean {
    return this.isSettled && this.streams.size >= this.peer.maxConcurrentStreams
  }

  /** One of the available streams. */
  createStream(): Http2ClientStream {
    this.#reserved++
    this.info.requestCount++
    return new Http2ClientStream(this, this.peer.initialWindow, this.options.streamWindow)
  }

  /** A stream that was given out and is not wanted. */
  giveBack(stream: Http2ClientStream): void {
    if (stream.closed) return
    stream.leave()
    this.#reserved--
    this.#pool.onStreamsChanged(this)
  }

  /** @returns why it cannot be opened. */
  openStream(stream: Http2ClientStream, upgrade: string): ResetReason | undefined {
    if (this.ended || this.#goesAway || this.#isFull) return 'refused-stream'
    if (upgrade !== '' && upgrade !== 'CONNECT' && !this.peer.allowsConnect) return 'protocol-error'
    this.#reserved--
    stream.id = this.#nextId
    this.#nextId += 2
    this.budgets.streams++
    stream.sendWindow = this.peer.initialWindow
    this.streams.set(stream.id, stream)
    if (this.#nextId > lastStreamId) this.#goesAway = true
    return undefined
  }

  /** After the caller has come to rest: it is still about to write the request. */
  failLater(stream: Http2ClientStream, reason: ResetReason): void {
    stream.leave()
    this.#reserved--
    this.#failures.push({ stream, reason })
    this.timers.set(timer.failures, this.nowMs())
  }

  protected override onTimer(kind: number): void {
    if (kind !== timer.failures) return super.onTimer(kind)
    for (const { stream, reason } of this.#failures.splice(0)) stream.breakOff(reason, '')
  }

  schemeOf(headers: HeaderBlock): 'http' | 'https' {
    const forwarded = headers.first('x-forwarded-proto')
    if (forwarded === 'http' || forwarded === 'https') return forwarded
    return this.info.tls === undefined ? 'http' : 'https'
  }

  /** Takes no new streams, and ends with the last one. */
  retire(): void {
    this.#goesAway = true
    if (this.activeStreams === 0) this.close()
  }

  /** Ends the connection under its exchanges, as if the peer had. */
  breakOff(): void {
    this.channel.destroy()
  }

  protected isIdle(streamId: number): boolean {
    return (streamId & 1) === 0 || streamId >= this.#nextId
  }

  protected onHeaders(streamId: number, endStream: boolean, buffer: Buffer, start: number, end: number): boolean {
    if (this.isIdle(streamId)) return this.connectionError(errorCode.protocolError, 'HEADERS on an idle stream')
    const stream = this.streams.get(streamId) as Http2ClientStream | undefined
    if (stream === undefined || stream.remoteEnded) {
      this.head.begin('response', undefined)
      if (!this.decode(buffer, start, end)) return false
      if (stream !== undefined) return this.streamError(stream, errorCode.streamClosed, 'HEADERS behind the end')
      // What was sent before our RST_STREAM came is ignored.
      const isLate = this.closedStreams.wasReset(streamId) || !this.closedStreams.hasEnded(streamId)
      return isLate || this.connectionError(errorCode.streamClosed, 'HEADERS on a closed stream')
    }
    return stream.headSeen
      ? this.#onTrailers(stream, endStream, buffer, start, end)
      : this.#onResponse(stream, endStream, buffer, start, end)
  }

  #onResponse(stream: Http2ClientStream, endStream: boolean, buffer: Buffer, start: number, end: number): boolean {
    const block = (stream.headers ??= this.#spare.pop() ?? new HeaderBlock())
    this.head.begin('response', block)
    if (!this.decode(buffer, start, end)) return false
    const { malformed, tooLarge } = this.head
    if (malformed !== '' || tooLarge) return this.streamError(stream, errorCode.protocolError, malformed || 'the size of the head')
    this.touch(stream)
    if (!stream.receiveHead(this.head, block, endStream)) return this.streamError(stream, errorCode.protocolError, 'the head of the answer')
    if (endStream) this.remoteEnd(stream, undefined)
    return !this.ended
  }

  #onTrailers(stream: Http2ClientStream, endStream: boolean, buffer: Buffer, start: number, end: number): boolean {
    const block = new HeaderBlock()
    this.head.begin('trailers', block)
    if (!this.decode(buffer, start, end)) return false
    if (!endStream || this.head.malformed !== '' || this.head.tooLarge) return this.streamError(stream, errorCode.protocolError, 'trailers')
    this.remoteEnd(stream, block.count > 0 ? block : undefined)
    return !this.ended
  }

  protected override onStreamRemoved(stream: Http2Stream): void {
    const { headers } = stream as Http2ClientStream
    if (headers !== undefined && this.#spare.length < maxSpareBlocks) this.#spare.push(headers)
    this.#pool.onStreamsChanged(this)
    if (this.#goesAway && this.activeStreams === 0) this.close()
  }

  protected onGoAway(lastStream: number): void {
    this.#goesAway = true
    for (const stream of [...this.streams.values()] as Http2ClientStream[]) {
      if (stream.id <= lastStream) continue
      this.streamEnded(stream)
      stream.breakOff('refused-stream', '')
    }
    this.#pool.onStreamsChanged(this)
    if (this.activeStreams === 0) this.close()
  }

  whenSettled(open: () => void): void {
    this.#deferred.push(open)
  }

  override onClose(error: Error | undefined): void {
    super.onClose(error)
    for (const open of this.#deferred.splice(0)) open()
  }

  protected onPeerSettings(): void {
    this.#pool.onStreamsSettled(this.peer.maxConcurrentStreams)
    for (const open of this.#deferred.splice(0)) open()
    this.#pool.onStreamsChanged(this)
  }
}
