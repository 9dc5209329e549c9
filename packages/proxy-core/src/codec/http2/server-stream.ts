/**
 * A request and its answer on the server's side of HTTP/2 (RFC 9113 section 8.1). Extended CONNECT (RFC 8441) is shown to
 * the router as what it stands for: a GET that asks for an upgrade, answered by 101 where HTTP/2 says 200.
 */
import { HeldPieces } from '../../body/held-pieces.js'
import { isBodiless } from '../../message/bodiless.js'
import type { HeaderBlock } from '../../message/header-block.js'
import { bodyLength } from '../http1/framing.js'
import { BodyRate } from '../../body/body-rate.js'
import type { DownstreamStream, RequestEvents, RequestHead } from '../stream.js'
import { errorCode } from './frame-types.js'
import type { HeadReader } from './head-reader.js'
import { Http2Stream } from './stream.js'

/** Clients of HTTP/2 send none (RFC 8441 section 5); to HTTP/1.1 any is as good. 16 bytes. */
const webSocketKey = Buffer.from('heddle-websocket', 'latin1').toString('base64')

export class Http2ServerStream extends Http2Stream implements DownstreamStream, RequestHead {
  readonly protocol = 'HTTP/2'
  readonly acceptsTrailers = true
  headers: HeaderBlock
  readonly headBytes: number
  method = ''
  path = ''
  authority = ''
  scheme = ''
  upgrade = ''
  bodyLength: number = bodyLength.none
  expectContinue = false
  /** When its head came, where more follows. */
  startedMs = 0
  #events: RequestEvents | undefined
  /** Bytes of the body that were announced and have not come; -1: not announced. */
  #requestLeft = -1
  /** Bytes of the answer's body that are still to be sent; -1: not announced. */
  #answerLeft = -1
  #sendsBody = true
  #isTunnel = false
  #answerDone = false
  #early: HeldPieces | undefined
  #bodyBytes = 0
  #rate: BodyRate | undefined
  #pausesSeen = 0

  constructor(
    connection: ConstructorParameters<typeof Http2Stream>[0],
    id: number,
    sendWindow: number,
    receiveWindow: number,
    headers: HeaderBlock,
  ) {
    super(connection, sendWindow, receiveWindow)
    this.id = id
    this.headers = headers
    this.headBytes = headers.text.length
  }

  get head(): RequestHead {
    return this
  }

  get isStalled(): boolean {
    return this.pendingBytes > 0 || (!this.remoteEnded && !this.paused && !this.#isTunnel)
  }

  /** Takes a sound head over. */
  begin(head: HeadReader, endStream: boolean): void {
    this.method = head.protocol === '' ? head.method : 'GET'
    this.path = head.path ?? ''
    this.authority = head.authority ?? ''
    this.scheme = head.scheme
    this.upgrade = this.method === 'CONNECT' ? 'CONNECT' : head.protocol
    if (head.protocol === 'websocket' && !this.headers.has('sec-websocket-key')) this.headers.append('sec-websocket-key', webSocketKey)
    this.expectContinue = head.expectContinue
    this.#requestLeft = head.contentLength
    if (this.upgrade !== '' || endStream) this.bodyLength = bodyLength.none
    else this.bodyLength = head.contentLength >= 0 ? head.contentLength : bodyLength.chunked
  }

  /** @param events where the rest of the request goes; undefined when it was answered already. */
  listen(events: RequestEvents | undefined): void {
    if (!this.#answerDone && !this.closed) this.#events = events
  }

  receiveData(buffer: Buffer, start: number, end: number): void {
    if (this.#isTunnel) return this.#events?.onTunnelData(buffer, start, end)
    if (this.upgrade !== '') return this.#holdEarly(buffer, start, end)
    if (this.#requestLeft >= 0) {
      this.#requestLeft -= end - start
      if (this.#requestLeft < 0) return this.fail('a body longer than its content-length')
    }
    this.#bodyBytes += end - start
    this.#events?.onRequestBody(buffer, start, end)
  }

  override lookAtRate(nowMs: number, bytesPerSecond: number): void {
    if (this.remoteEnded || this.upgrade !== '' || this.#events === undefined) return
    const isExcused = this.paused || this.pauses !== this.#pausesSeen
    this.#pausesSeen = this.pauses
    if (this.#rate === undefined) {
      this.#rate = new BodyRate(bytesPerSecond)
      this.#rate.start(this.startedMs, 0)
    }
    if (this.#rate.isTooSlow(nowMs, this.#bodyBytes, isExcused)) this.#events.onSlowBody?.()
  }

  /** Sent before the other side has agreed to the protocol; no more comes than the window holds. */
  #holdEarly(buffer: Buffer, start: number, end: number): void {
    this.pause()
    this.#early ??= new HeldPieces()
    this.#early.append(buffer, start, end)
  }

  receiveEnd(trailers: HeaderBlock | undefined): void {
    if (this.#isTunnel) return this.#events?.onTunnelEnd()
    if (this.#requestLeft > 0) return this.fail('a body shorter than its content-length')
    // Bytes of a protocol that was asked for belong to it from the head on.
    if (this.upgrade === '') this.#events?.onRequestEnd(trailers)
  }

  broken(code: number, isPeer: boolean): void {
    const events = this.#events
    this.#events = undefined
    if (this.#answerDone) return
    const isMistake = !isPeer && code !== errorCode.cancel
    events?.onDownstreamReset(isMistake ? 'protocol-error' : 'connection-termination')
    events?.flushUpstream()
  }

  onRoom(): void {
    this.#events?.onDownstreamDrain()
  }

  readEnded(): void {
    this.#events?.flushUpstream()
  }

  sendInformational(status: number, headers: HeaderBlock | undefined): void {
    if (this.localEnded) return
    this.#writeHead(status, headers, -1)
  }

  sendHead(status: number, _reason: string, headers: HeaderBlock, length: number): void {
    if (this.localEnded) return
    const opensTunnel = status === 101 || (this.method === 'CONNECT' && length === bodyLength.untilClose && status < 300)
    if (opensTunnel) return this.#writeHead(status === 101 ? 200 : status, headers, -1)
    // RFC 8441 section 5: success would open the tunnel that the other side refused.
    const told = this.upgrade !== '' && status >= 200 && status < 300 ? 502 : status
    const bodiless = isBodiless(told, this.method)
    this.#sendsBody = !bodiless
    this.#answerLeft = bodiless ? -1 : length
    this.#writeHead(told, headers, told !== 204 && length >= 0 && (length > 0 || !bodiless) ? length : -1)
  }

  #writeHead(status: number, headers: HeaderBlock | undefined, length: number): void {
    const { output, heads } = this.connection
    const place = output.beginHeaders()
    heads.response(status, headers, length)
    output.endHeaders(place, this.id, false)
    if (status >= 200) this.wroteHead(place)
  }

  sendBody(buffer: Buffer, start: number, end: number): void {
    if (!this.#sendsBody || this.localEnded) return
    if (this.#answerLeft >= 0) {
      this.#answerLeft -= end - start
      if (this.#answerLeft < 0) return this.abort()
    }
    this.writeData(buffer, start, end)
  }

  sendText(latin1: string): void {
    if (latin1 === '') return
    const bytes = Buffer.from(latin1, 'latin1')
    this.sendBody(bytes, 0, bytes.length)
  }

  sendEnd(trailers: HeaderBlock | undefined): void {
    if (this.localEnded) return
    if (this.#answerLeft > 0) return this.abort()
    this.#answerDone = true
    this.#events = undefined
    this.writeEnd(trailers)
  }

  /** The answer is out. An upload that goes on goes nowhere (RFC 9113 section 8.1). */
  protected override sentEnd(): void {
    if (!this.remoteEnded && this.#answerDone) this.resetWith(errorCode.noError)
  }

  startTunnel(): void {
    this.#isTunnel = true
    for (const piece of this.#early?.pieces ?? []) this.#events?.onTunnelData(piece, 0, piece.length)
    this.#early = undefined
    this.resume()
    if (this.remoteEnded) this.#events?.onTunnelEnd()
  }

  endTunnel(): void {
    this.writeEnd(undefined)
  }

  abort(): void {
    this.#answerDone = true
    this.#events = undefined
    this.resetWith(errorCode.internalError)
  }

  pauseRequest(): void {
    this.pause()
  }

  resumeRequest(): void {
    this.resume()
  }

  /** Answers a head that was refused. */
  refuse(status: number, headers: HeaderBlock, body: string): void {
    this.sendHead(status, '', headers, body.length)
    this.sendText(body)
    this.sendEnd(undefined)
  }
}
