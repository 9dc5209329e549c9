/**
 * The server's side of HTTP/2 on one channel (RFC 9113): clients open streams, each a request. What comes after the
 * client's preface is read here, the preface included.
 */
import { HeaderBlock } from '../../message/header-block.js'
import type { Channel } from '../../transport/channel.js'
import type { RequestEvents } from '../stream.js'
import { Http2Connection } from './connection.js'
import { type ConnectionOwner, settingsDeadlineMs } from './connection-life.js'
import { clientPreface, errorCode, settingId } from './frame-types.js'
import { ownTableSize } from './hpack/decoder.js'
import type { Http2Deps, Http2Options } from './options.js'
import { Http2ServerStream } from './server-stream.js'
import type { Http2Stream } from './stream.js'
import { timer } from './timers.js'

/** Who owns the connection: it makes the exchanges. */
export interface Http2ServerOwner extends ConnectionOwner {
  /** A whole, sound head. @returns where the rest goes. */
  onRequest(stream: Http2ServerStream): RequestEvents
  /** A head that cannot be served; the owner answers through `refuse` and reports it. */
  onBadRequest(stream: Http2ServerStream, status: number, reason: string): void
}

/** Blocks of requests that are over wait for the next ones. */
const maxSpareBlocks = 32
/**
 * Answers that the client does not take, beyond which its requests are not read either: those that are answered at once
 * leave no stream open that could hold the next ones back (CVE-2019-9517). Only servers wait so, or two could for each other.
 */
const maxUnreadBytes = 1_048_576
/** Text of the requests that are open: one byte that refers to the table may stand for all that the table holds. */
const maxOpenHeadBytes = 4_194_304
/** Requests of one read, beyond which no more is read in this turn of the event loop: other connections have theirs. */
const maxStreamsPerRead = 100

export class Http2ServerConnection extends Http2Connection {
  protected readonly isServer = true
  readonly #server: Http2ServerOwner
  readonly #spare: HeaderBlock[] = []
  #prefaceSeen = 0
  #streamsTaken = 0
  #openHeadBytes = 0
  #waitsForReader = false

  constructor(channel: Channel, owner: Http2ServerOwner, options: Http2Options, deps: Http2Deps) {
    super(channel, owner, options, deps)
    this.#server = owner
    this.begin([
      [settingId.headerTableSize, ownTableSize],
      [settingId.maxConcurrentStreams, options.maxConcurrentStreams],
      [settingId.initialWindowSize, options.streamWindow],
      [settingId.maxHeaderListSize, options.head.maxHeadBytes],
      ...(options.allowsConnect ? [[settingId.enableConnectProtocol, 1] as const] : []),
    ])
    this.#idle()
  }

  override onData(buffer: Buffer, start: number, end: number): void {
    let at = start
    while (this.#prefaceSeen < clientPreface.length && at < end) {
      if (buffer[at++] === clientPreface[this.#prefaceSeen++]) continue
      this.connectionError(errorCode.protocolError, 'the preface')
      return
    }
    const before = this.budgets.streams
    if (at < end) super.onData(buffer, at, end)
    if (this.budgets.streams - before > maxStreamsPerRead && !this.ended) this.#restThisTurn()
  }

  #restThisTurn(): void {
    this.channel.pause()
    this.deps.flushAtTurnEnd({
      turnEnded: () => {
        if (!this.#waitsForReader && !this.ended) this.channel.resume()
      },
    })
  }

  override give(buffer: Buffer, length: number): boolean {
    const mayGoOn = super.give(buffer, length)
    if (!mayGoOn && !this.ended && this.channel.pendingBytes > maxUnreadBytes) {
      this.#waitsForReader = true
      this.channel.pause()
    }
    return mayGoOn
  }

  override onDrain(): void {
    if (this.#waitsForReader) {
      this.#waitsForReader = false
      this.channel.resume()
    }
    super.onDrain()
  }

  /** What the client is to send may have come, and not been read. */
  protected override onTimer(kind: number): void {
    if (this.#waitsForReader && (kind === timer.settings || kind === timer.headerBlock))
      this.timers.set(kind, this.nowMs() + settingsDeadlineMs)
    else super.onTimer(kind)
  }

  protected isIdle(streamId: number): boolean {
    // Those above the last one of GOAWAY are ignored with all that belongs to them (section 6.8).
    return (streamId & 1) === 0 || (streamId > this.lastPeerStream && this.goAway !== 'final')
  }

  protected onHeaders(streamId: number, endStream: boolean, buffer: Buffer, start: number, end: number): boolean {
    const known = this.streams.get(streamId)
    if (known !== undefined) return this.#onTrailers(known as Http2ServerStream, endStream, buffer, start, end)
    if ((streamId & 1) === 0) return this.connectionError(errorCode.protocolError, 'a stream with an even number')
    if (streamId <= this.lastPeerStream) return this.#onClosedStream(streamId, buffer, start, end)
    if (this.goAway === 'final') return this.#ignore(buffer, start, end)
    this.lastPeerStream = streamId
    this.budgets.streams++
    if (this.streams.size >= this.options.maxConcurrentStreams) return this.#refuseStream(streamId, buffer, start, end)
    return this.#openStream(streamId, endStream, buffer, start, end)
  }

  #ignore(buffer: Buffer, start: number, end: number): boolean {
    this.head.begin('request', undefined)
    return this.decode(buffer, start, end)
  }

  #onClosedStream(streamId: number, buffer: Buffer, start: number, end: number): boolean {
    if (this.closedStreams.wasReset(streamId)) return this.#ignore(buffer, start, end)
    const code = this.closedStreams.hasEnded(streamId) ? errorCode.streamClosed : errorCode.protocolError
    return this.connectionError(code, 'HEADERS on a closed stream')
  }

  #refuseStream(streamId: number, buffer: Buffer, start: number, end: number): boolean {
    if (!this.#ignore(buffer, start, end)) return false
    this.sendReset(streamId, errorCode.refusedStream)
    this.closedStreams.addReset(streamId)
    return this.budgets.refused(this.nowMs()) || this.calm('streams at a time')
  }

  #openStream(streamId: number, endStream: boolean, buffer: Buffer, start: number, end: number): boolean {
    const block = this.#spare.pop() ?? new HeaderBlock()
    const { head } = this
    head.begin('request', block)
    if (!this.decode(buffer, start, end)) return false
    const stream = new Http2ServerStream(this, streamId, this.peer.initialWindow, this.options.streamWindow, block)
    this.streams.set(streamId, stream)
    this.#openHeadBytes += stream.headBytes
    this.timers.clear(timer.idle)
    this.startSweep()
    if (head.malformed !== '' || this.#dependsOnItself(streamId) || (endStream && head.contentLength > 0))
      return this.streamError(stream, errorCode.protocolError, head.malformed || 'content-length')
    const status = this.#refusal()
    if (status === 431) return this.streamError(stream, errorCode.enhanceYourCalm, 'a header section that is too large')
    if (this.#openHeadBytes > maxOpenHeadBytes) return this.streamError(stream, errorCode.refusedStream, 'heads that are open')
    stream.begin(head, endStream)
    if (!endStream) stream.startedMs = this.nowMs()
    this.touch(stream)
    stream.remoteEnded = endStream
    this.#dispatch(stream, status)
    if (endStream && !stream.closed) stream.receiveEnd(undefined)
    if (++this.#streamsTaken === this.options.maxStreams) this.drain()
    return !this.ended
  }

  /** @returns a status; 0: none. */
  #refusal(): number {
    const { refusal, method, protocol } = this.head
    if (refusal !== 0) return refusal
    return method === 'CONNECT' && protocol === '' && this.options.acceptsConnect === false ? 405 : 0
  }

  #dependsOnItself(streamId: number): boolean {
    const isSo = this.selfDependent === streamId
    this.selfDependent = 0
    return isSo
  }

  /** @param refusal status that the head is refused with; 0: none. */
  #dispatch(stream: Http2ServerStream, refusal: number): void {
    const server = this.#server
    if (refusal !== 0) return server.onBadRequest(stream, refusal, refusal === 414 ? 'target too long' : 'head')
    stream.listen(server.onRequest(stream))
  }

  #onTrailers(stream: Http2ServerStream, endStream: boolean, buffer: Buffer, start: number, end: number): boolean {
    if (stream.remoteEnded) {
      if (!this.#ignore(buffer, start, end)) return false
      return this.streamError(stream, errorCode.streamClosed, 'HEADERS behind the end')
    }
    const trailers = new HeaderBlock()
    this.head.begin('trailers', trailers)
    if (!this.decode(buffer, start, end)) return false
    if (!endStream || this.head.malformed !== '') return this.streamError(stream, errorCode.protocolError, 'trailers')
    if (this.head.tooLarge) return this.streamError(stream, errorCode.enhanceYourCalm, 'trailers that are too large')
    this.remoteEnd(stream, trailers.count > 0 ? trailers : undefined)
    return !this.ended
  }

  protected override onStreamRemoved(stream: Http2Stream): void {
    const { headers, headBytes } = stream as Http2ServerStream
    this.#openHeadBytes -= headBytes
    if (this.#spare.length < maxSpareBlocks) this.#spare.push(headers)
    if (this.streams.size === 0) this.#idle()
  }

  #idle(): void {
    if (this.options.idleMs > 0) this.timers.set(timer.idle, this.nowMs() + this.options.idleMs)
  }

  /** A server has no streams of its own. */
  protected onGoAway(): void {}
  protected onPeerSettings(): void {}
}
