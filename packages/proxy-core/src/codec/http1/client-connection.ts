/**
 * The client's side of HTTP/1.1 on one channel: one exchange at a time, after which the connection goes back to its pool
 * if nothing about the answer was doubtful. Upstreams are not trusted: what cannot be framed ends in a reset, and an
 * answer that breaks off is never passed on as whole.
 */
import type { UpstreamConnectionInfo } from '../../decision-record.js'
import type { Channel, ChannelHandler } from '../../transport/channel.js'
import { HeaderBlock } from '../../message/header-block.js'
import type { ResetReason, ResponseEvents, UpstreamStream } from '../stream.js'
import { BodyReader } from './body-reader.js'
import type { BodySink } from './chunked-decoder.js'
import { admittedTrailers, bodyLength, Framing } from './framing.js'
import { type HeadLimits, HeadParser } from './head-parser.js'
import { MessageWriter } from './message-writer.js'
import { upstreamTunnel } from './tunnel.js'

/** The pool that the connection belongs to. */
export interface ClientConnectionOwner {
  /** The exchange is over and the connection may carry another one. */
  onStreamsChanged(connection: Http1ClientConnection): void
  /** Once, last. */
  onConnectionClosed(connection: Http1ClientConnection): void
}

type State = 'idle' | 'waiting' | 'body' | 'tunnel' | 'closed'

const maxInformational = 8

export class Http1ClientConnection implements ChannelHandler, UpstreamStream, BodySink {
  readonly #channel: Channel
  readonly #owner: ClientConnectionOwner
  readonly #parser: HeadParser
  readonly #framing = new Framing()
  readonly #writer: MessageWriter
  readonly #headers = new HeaderBlock()
  readonly info: UpstreamConnectionInfo & { requestCount: number }
  readonly #body = new BodyReader(this)
  #events: ResponseEvents | undefined
  #state: State = 'idle'
  #method = ''
  #upgrade = ''
  #held: Buffer | undefined
  #informational = 0
  /** Given to an exchange. */
  #taken = false
  #requestDone = false
  #answerDone = true
  #reusable = true
  #paused = false

  constructor(channel: Channel, owner: ClientConnectionOwner, limits: HeadLimits, info: UpstreamConnectionInfo & { requestCount: number }) {
    this.#channel = channel
    this.#owner = owner
    this.#parser = new HeadParser('response', limits)
    this.#writer = new MessageWriter(channel)
    this.info = info
  }

  get reused(): boolean {
    return this.info.requestCount > 1
  }
  get closed(): boolean {
    return this.#state === 'closed'
  }
  get available(): number {
    return this.#state === 'idle' && !this.#taken ? 1 : 0
  }
  get activeStreams(): number {
    return this.#taken ? 1 : 0
  }

  createStream(): UpstreamStream {
    this.#taken = true
    return this
  }

  /** Ends the connection, when it is idle at once. */
  retire(): void {
    this.#reusable = false
    if (!this.#taken) this.#close()
  }

  sendHead(method: string, path: string, headers: HeaderBlock, length: number, upgrade: string, events: ResponseEvents): void {
    this.info.requestCount++
    this.#events = events
    this.#state = 'waiting'
    this.#method = method
    this.#upgrade = upgrade
    this.#informational = 0
    this.#requestDone = upgrade !== ''
    this.#answerDone = false
    let head = `${method} ${path} HTTP/1.1\r\n${headers.serialize()}`
    if (upgrade !== '' && upgrade !== 'CONNECT') head += `connection: upgrade\r\nupgrade: ${upgrade}\r\n`
    else if (length > 0) head += `content-length: ${length}\r\n`
    else if (length === bodyLength.chunked) head += 'transfer-encoding: chunked\r\n'
    else if (method === 'POST' || method === 'PUT' || method === 'PATCH') head += 'content-length: 0\r\n'
    // After an upgrade bytes follow without any framing.
    this.#writer.begin(`${head}\r\n`, upgrade === '' ? length : bodyLength.untilClose)
  }

  sendBody(buffer: Buffer, start: number, end: number): void {
    this.#writer.bytes(buffer, start, end)
  }

  sendEnd(trailers: HeaderBlock | undefined): void {
    this.#requestDone = true
    if (!this.#writer.end(trailers)) this.#reusable = false
    if (this.#answerDone && this.#events === undefined) this.#settle()
  }

  /** Bytes of a tunnel, in either state of the writer. */
  flush(): boolean {
    return this.#writer.flush()
  }

  endTunnel(): void {
    this.#writer.flush()
    this.#channel.end()
  }

  /** With RST: after a FIN the upstream might take a tunnel for half closed, or go on with an answer for nobody. */
  reset(): void {
    const isCut = !(this.#requestDone && this.#answerDone)
    this.#events = undefined
    this.#close(isCut || this.#state === 'tunnel')
  }

  pauseResponse(): void {
    this.#paused = true
    this.#channel.pause()
  }

  resumeResponse(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#channel.resume()
  }

  /** Ends the connection under its exchange, as if the peer had. */
  breakOff(details: string): void {
    this.#fail('connection-termination', details)
  }

  onData(buffer: Buffer, start: number, end: number): void {
    const events = this.#events
    if (this.#state === 'idle') {
      // An answer that nobody asked for (a 408 of an idle server, say) must not meet the next request.
      return this.#close()
    } else if (this.#held !== undefined) {
      const joined = Buffer.concat([this.#held, buffer.subarray(start, end)])
      this.#held = undefined
      this.#process(joined, 0, joined.length)
    } else {
      this.#process(buffer, start, end)
    }
    events?.flushDownstream()
  }

  onEnd(): void {
    if (this.#state === 'body' && this.#framing.length === bodyLength.untilClose) return this.#endAnswer(undefined)
    this.#ended('')
  }

  onClose(error: Error | undefined): void {
    if (this.#state !== 'closed') this.#ended(error?.message ?? '')
  }

  /** In the middle of a head that is an answer which cannot be read (502, as Envoy's parser has it at the end of its input). */
  #ended(details: string): void {
    this.#fail(this.#held === undefined ? 'connection-termination' : 'protocol-error', details)
  }

  onDrain(): void {
    this.#writer.drained()
    this.#events?.onUpstreamDrain()
  }

  onBodyBytes(buffer: Buffer, start: number, end: number): void {
    this.#events?.onResponseBody(buffer, start, end)
  }

  #process(buffer: Buffer, start: number, end: number): void {
    let at = start
    while (at < end && at >= 0) {
      if (this.#state === 'waiting') at = this.#readHead(buffer, at, end)
      else if (this.#state === 'body') at = this.#readBody(buffer, at, end)
      else break
    }
    if (at < 0 || at >= end || this.#state === 'closed') return
    if (this.#state === 'tunnel') this.#channel.handler.onData(buffer, at, end)
    // Bytes after a whole answer belong to nothing: the connection is not used again.
    else this.#close()
  }

  #readHead(buffer: Buffer, start: number, end: number): number {
    const length = this.#parser.parse(buffer, start, end, this.#headers)
    if (length === 0) {
      this.#held = Buffer.from(buffer.subarray(start, end))
      return -1
    }
    if (length < 0) return this.#protocolError('the head of the answer')
    const { status, minorVersion } = this.#parser
    this.#framing.readResponse(this.#headers, minorVersion, status, this.#method)
    if (this.#framing.refuse !== 0) return this.#protocolError(this.#framing.refuseReason)
    if (status === 101 || (status >= 200 && status < 300 && this.#upgrade === 'CONNECT')) return this.#startTunnel(status, start + length)
    if (status < 200) {
      if (++this.#informational > maxInformational) return this.#protocolError('too many interim answers')
      this.#events?.onInformational(status, this.#headers)
      return start + length
    }
    return this.#beginAnswer(status, start + length, end)
  }

  /** @returns where the body starts; -1 when there is none: the connection may already be another exchange's then. */
  #beginAnswer(status: number, at: number, end: number): number {
    const { length, declaredLength } = this.#framing
    if (this.#framing.close) this.#reusable = false
    const noBody = length === bodyLength.none
    this.#state = 'body'
    this.#body.begin(length)
    this.#events?.onResponseHead(status, this.#parser.reason, this.#headers, noBody ? Math.max(declaredLength, 0) : length)
    if (!noBody || this.#state !== 'body') return at
    if (at < end) this.#reusable = false
    this.#endAnswer(undefined)
    return -1
  }

  #startTunnel(status: number, at: number): number {
    const { upgrade } = this.#framing
    if (status === 101 && (this.#upgrade === '' || upgrade.toLowerCase() !== this.#upgrade.toLowerCase()))
      return this.#protocolError('an upgrade that was not asked for')
    if (this.#events === undefined) return -1
    this.#state = 'tunnel'
    this.#channel.handler = upstreamTunnel(this, this.#events)
    this.#reusable = false
    if (status === 101) this.#headers.set('upgrade', upgrade)
    this.#events?.onUpgraded(status, this.#parser.reason, this.#headers)
    return at
  }

  #readBody(buffer: Buffer, start: number, end: number): number {
    const body = this.#body
    const at = body.read(buffer, start, end)
    if (at < 0) return this.#protocolError('a chunk')
    if (!body.isWhole || this.#state !== 'body') return at
    if (at < end) this.#reusable = false
    const { trailers } = body
    this.#endAnswer(trailers && admittedTrailers(trailers, this.#framing.trailers))
    return -1
  }

  #endAnswer(trailers: HeaderBlock | undefined): void {
    const events = this.#events
    this.#answerDone = true
    const done = this.#requestDone
    if (done) this.#settle()
    events?.onResponseEnd(trailers)
    // An answer before the end of the request: whoever still sends must not write into the next exchange.
    if (!done && this.#state !== 'closed') this.#close()
  }

  #settle(): void {
    this.#events = undefined
    if (this.#state === 'closed') return
    this.#state = 'idle'
    this.#taken = false
    if (!this.#reusable) return this.#close()
    this.resumeResponse()
    this.#owner.onStreamsChanged(this)
  }

  #protocolError(details: string): number {
    this.#fail('protocol-error', details)
    return -1
  }

  #fail(reason: ResetReason, details: string): void {
    const events = this.#events
    this.#events = undefined
    this.#close()
    events?.onUpstreamReset(reason, details)
    events?.flushDownstream()
  }

  #close(reset = false): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#events = undefined
    this.#channel.destroy(reset)
    this.#owner.onConnectionClosed(this)
  }
}
