/**
 * The server's side of HTTP/1.1 on one channel (RFC 9112): reads requests one after the other with one in flight, frames
 * answers, and decides when the connection ends. Bytes of the next request wait, bounded, until the answer is out.
 */
import type { Channel, ChannelHandler } from '../../transport/channel.js'
import { isBodiless } from '../../message/bodiless.js'
import { HeaderBlock } from '../../message/header-block.js'
import type { DownstreamStream, RequestEvents, RequestHead } from '../stream.js'
import { BodyReader } from './body-reader.js'
import type { BodySink } from './chunked-decoder.js'
import { admittedTrailers, bodyLength, framesInTrailers, Framing } from './framing.js'
import { HeadParser, headError } from './head-parser.js'
import { MessageWriter } from './message-writer.js'
import { RequestTarget, refusalStatus } from './request-target.js'
import type { ServerCodecOptions, ServerConnectionOwner } from './server-connection-owner.js'
import { clientTunnel } from './tunnel.js'

type State = 'head' | 'body' | 'answering' | 'tunnel' | 'closing' | 'closed'

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
const maxPipelinedBytes = 65_536

export class Http1ServerConnection implements ChannelHandler, DownstreamStream, BodySink, RequestHead {
  readonly #channel: Channel
  readonly #owner: ServerConnectionOwner
  readonly #options: ServerCodecOptions
  readonly #parser: HeadParser
  readonly #framing = new Framing()
  readonly #writer: MessageWriter
  readonly #target: RequestTarget
  readonly #body = new BodyReader(this)
  readonly headers: HeaderBlock = new HeaderBlock()
  method = ''
  path = ''
  authority = ''
  /** Empty unless the target was in absolute form. */
  targetScheme = ''
  protocol: 'HTTP/1.0' | 'HTTP/1.1' = 'HTTP/1.1'
  /** All bytes that came in on this connection. */
  bytesRead = 0
  /** How often reading was stopped. */
  pauses = 0
  #state: State = 'head'
  #events: RequestEvents | undefined
  #held: Buffer | undefined
  #processing = false
  #requestDone = true
  #answerStarted = false
  #answerDone = true
  #closeAfter = false
  #peerEnded = false
  #paused = false
  #first = true

  constructor(channel: Channel, owner: ServerConnectionOwner, options: ServerCodecOptions) {
    this.#channel = channel
    this.#owner = owner
    this.#options = options
    this.#parser = new HeadParser('request', options.limits)
    this.#writer = new MessageWriter(channel)
    this.#target = new RequestTarget(options.forwardProxy, options.acceptsConnect, options.defaultHost)
  }

  get head(): RequestHead {
    return this
  }
  get bodyLength(): number {
    return this.#framing.length
  }
  get expectContinue(): boolean {
    return this.#framing.expectContinue
  }
  get upgrade(): string {
    return this.method === 'CONNECT' ? 'CONNECT' : this.#framing.upgrade
  }
  get acceptsTrailers(): boolean {
    return this.#framing.acceptsTrailers
  }
  /** True between requests. */
  get idle(): boolean {
    return this.#state === 'head' && this.#held === undefined
  }

  /** Whether the head of the current answer is out. */
  get answerStarted(): boolean {
    return this.#answerStarted
  }

  /** Whether the client said that the current request is its last. */
  get isLastRequest(): boolean {
    return this.#framing.close
  }

  /** Whether bytes of the request's body are still to come. */
  get awaitsBody(): boolean {
    return this.#state === 'body' && !this.#paused
  }

  onData(buffer: Buffer, start: number, end: number): void {
    this.bytesRead += end - start
    if (this.#state === 'closing' || this.#state === 'closed') return
    if (this.#state === 'answering' || this.#processing) return this.#hold(buffer, start, end)
    if (this.#held !== undefined) {
      const joined = Buffer.concat([this.#held, buffer.subarray(start, end)])
      this.#held = undefined
      return this.#process(joined, 0, joined.length)
    }
    this.#process(buffer, start, end)
  }

  onEnd(): void {
    this.#peerEnded = true
    if (this.#state === 'body') return this.#fail('connection-termination')
    if (this.#state === 'answering') return this.#owner.onPhase('half-closed')
    this.#channel.destroy()
  }

  onClose(): void {
    if (this.#state === 'closed') return
    const events = this.#events
    this.#state = 'closed'
    this.#events = undefined
    if (events !== undefined && !(this.#answerDone && this.#requestDone)) events.onDownstreamReset('connection-termination')
    this.#owner.onConnectionClosed()
  }

  onDrain(): void {
    this.#writer.drained()
    this.#events?.onDownstreamDrain()
  }

  onBodyBytes(buffer: Buffer, start: number, end: number): void {
    this.#events?.onRequestBody(buffer, start, end)
  }

  sendInformational(status: number, headers: HeaderBlock | undefined): void {
    if (this.protocol === 'HTTP/1.0') return
    this.#writer.begin(`HTTP/1.1 ${status} ${status === 100 ? 'Continue' : ''}\r\n${headers?.serialize() ?? ''}\r\n`, 0)
    this.#writer.flush()
  }

  sendHead(status: number, reason: string, headers: HeaderBlock, length: number, close: boolean): void {
    let head = `HTTP/1.1 ${status} ${reason}\r\n${headers.serialize()}`
    let framed = length
    const opensTunnel = this.#opensTunnel(status, length)
    if (opensTunnel) framed = bodyLength.untilClose
    else if (length >= 0) {
      // RFC 9110 section 8.6: 204 has none; where a body was left out its length may stand.
      if (status !== 204 && (length > 0 || !isBodiless(status, this.method))) head += `content-length: ${length}\r\n`
    } else if (this.protocol === 'HTTP/1.0') {
      framed = bodyLength.untilClose
      this.#closeAfter = true
    } else {
      framed = bodyLength.chunked
      head += 'transfer-encoding: chunked\r\n'
    }
    if (close || this.#owner.shouldClose()) this.#closeAfter = true
    if (opensTunnel) head += status === 101 ? 'connection: upgrade\r\n' : ''
    else if (this.#closeAfter) head += 'connection: close\r\n'
    else if (this.protocol === 'HTTP/1.0') head += 'connection: keep-alive\r\n'
    this.#answerStarted = true
    this.#writer.begin(`${head}\r\n`, !opensTunnel && isBodiless(status, this.method) ? 0 : framed)
  }

  /** RFC 9110 section 9.3.6: a CONNECT that succeeded has no body, a tunnel begins. */
  #opensTunnel(status: number, length: number): boolean {
    return status === 101 || (length === bodyLength.untilClose && status < 300 && this.method === 'CONNECT')
  }

  sendBody(buffer: Buffer, start: number, end: number): void {
    if (!this.#writer.bytes(buffer, start, end)) this.abort()
  }

  sendText(text: string): void {
    this.#writer.text(text)
  }

  sendEnd(trailers: HeaderBlock | undefined): void {
    if (this.#state === 'closed') return
    if (!this.#writer.end(this.#framing.acceptsTrailers ? trailers : undefined)) return this.abort()
    this.#writer.flush()
    this.#answerDone = true
    if (!this.#requestDone || this.#closeAfter) return this.#finish()
    this.#next()
  }

  startTunnel(): void {
    this.#writer.flush()
    const events = this.#events
    if (events === undefined) return
    const tunnel = clientTunnel(this, events, () => (this.#peerEnded = true))
    this.#state = 'tunnel'
    this.#channel.handler = tunnel
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) tunnel.onData(held, 0, held.length)
    if (this.#peerEnded) tunnel.onEnd()
    this.#resume()
  }

  endTunnel(): void {
    this.#writer.flush()
    this.#channel.end()
    if (this.#peerEnded) this.#answerDone = true
  }

  abort(): void {
    this.#events = undefined
    this.#channel.destroy(true)
  }

  flush(): boolean {
    return this.#writer.flush()
  }

  pauseRequest(): void {
    this.#channel.pause()
    this.#paused = true
    this.pauses++
  }

  resumeRequest(): void {
    this.#resume()
  }

  /** Answers a head that was refused, and ends the connection. */
  refuse(status: number, reason: string, headers: HeaderBlock, body: string): void {
    this.sendHead(status, reason, headers, body.length, true)
    if (this.method !== 'HEAD') this.sendText(body)
    this.sendEnd(undefined)
  }

  /** Ends an idle connection, or the current one after its answer. */
  drain(): void {
    this.#closeAfter = true
    if (this.#state === 'head' && this.#held === undefined) this.#finish()
  }

  /** Gives the channel away, for example after CONNECT. @returns bytes that were read and not used. */
  release(): Buffer | undefined {
    this.#writer.flush()
    this.#state = 'closed'
    this.#events = undefined
    return this.#held
  }

  #process(buffer: Buffer, start: number, end: number): void {
    this.#processing = true
    let at = start
    while (at < end && at >= 0) {
      if (this.#state === 'head') at = this.#readHead(buffer, at, end)
      else if (this.#state === 'body') at = this.#readBody(buffer, at, end)
      else {
        if (this.#state === 'answering') this.#hold(buffer, at, end)
        // Given away (CONNECT, a tunnel): what came behind the head is for whoever took it.
        else if (this.#channel.handler !== this) this.#channel.handler.onData(buffer, at, end)
        break
      }
    }
    this.#processing = false
    this.#events?.flushUpstream()
    if (this.#peerEnded) this.#inputEnded()
  }

  /** The client's FIN came, and everything before it has been read. */
  #inputEnded(): void {
    if (this.#state === 'body') this.#fail('connection-termination')
    else if (this.#state === 'answering') this.#owner.onPhase('half-closed')
    else if (this.#state === 'head') this.#finish()
  }

  #resumeHeld(): void {
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) this.#process(held, 0, held.length)
    else if (this.#peerEnded) this.#inputEnded()
  }

  #readHead(buffer: Buffer, start: number, end: number): number {
    if (this.#first && buffer[start] === preface[0] && this.#readPreface(buffer, start, end)) return -1
    const length = this.#parser.parse(buffer, start, end, this.headers)
    if (length === 0) {
      this.#owner.onPhase('head')
      this.#held = Buffer.from(buffer.subarray(start, end))
      return -1
    }
    if (length < 0) {
      this.#refuseHead(length)
      return -1
    }
    this.#first = false
    this.#beginRequest()
    return start + length
  }

  /** @returns whether the bytes are (or may become) the HTTP/2 preface and are taken care of. */
  #readPreface(buffer: Buffer, start: number, end: number): boolean {
    const size = Math.min(end - start, preface.length)
    if (buffer.compare(preface, 0, size, start, start + size) !== 0) return false
    if (size < preface.length) {
      this.#owner.onPhase('head')
      this.#held = Buffer.from(buffer.subarray(start, end))
      return true
    }
    if (!this.#owner.onHttp2Preface(buffer, start, end)) return false
    this.#state = 'closed'
    return true
  }

  #refuseHead(error: number): void {
    this.method = ''
    this.path = ''
    this.authority = ''
    this.headers.reset()
    this.#parser.reset()
    this.#beginAnswer(true)
    if (error === headError.tooLarge) this.#owner.onBadRequest(this, 431, 'header section too large')
    else if (error === headError.targetTooLong) this.#owner.onBadRequest(this, 414, 'target too long')
    else this.#owner.onBadRequest(this, 400, error === headError.version ? 'version' : 'syntax')
  }

  #beginRequest(): void {
    const { headers } = this
    this.protocol = this.#parser.minorVersion === 0 ? 'HTTP/1.0' : 'HTTP/1.1'
    this.method = this.#parser.method
    const framing = this.#framing
    framing.readRequest(headers, this.#parser.minorVersion, this.#options.rejectUnderscores)
    const isOld = this.protocol === 'HTTP/1.0' && this.#options.refusesHttp10
    const refusal = framing.refuse !== 0 ? '' : isOld ? 'low version' : this.#readTarget()
    if (framing.refuse !== 0 || refusal !== '') {
      this.#beginAnswer(true)
      return this.#owner.onBadRequest(this, framing.refuse || refusalStatus(refusal), framing.refuseReason || refusal)
    }
    this.#beginAnswer(framing.close)
    this.#dispatch(framing)
  }

  #dispatch(framing: Framing): void {
    this.#requestDone = framing.length === bodyLength.none
    this.#state = this.#requestDone ? 'answering' : 'body'
    this.#body.begin(framing.length)
    this.#owner.onPhase('request')
    const events = this.#owner.onRequest(this)
    if (this.#answerDone || (this.#state as State) === 'closed') return
    this.#events = events
    if (this.#requestDone && (this.upgrade === '' || !this.#owner.acceptsUpgrade(this.upgrade))) events.onRequestEnd(undefined)
  }

  #beginAnswer(close: boolean): void {
    this.#closeAfter = close
    this.#answerStarted = false
    this.#answerDone = false
    this.#requestDone = true
    this.#state = 'answering'
  }

  /** @returns why the target or the host is refused; empty when they are sound. */
  #readTarget(): string {
    if (this.method === 'CONNECT' && this.#framing.length !== bodyLength.none) return 'a CONNECT with a body'
    const target = this.#target
    const mayLackHost = this.protocol === 'HTTP/1.0'
    const refusal = target.read(this.method, this.#parser.target, this.headers, this.#framing.hostIndex, mayLackHost)
    this.path = target.path
    this.authority = target.authority
    this.targetScheme = target.scheme
    return refusal
  }

  #readBody(buffer: Buffer, start: number, end: number): number {
    const body = this.#body
    const at = body.read(buffer, start, end)
    if (at >= 0 && (!body.isWhole || this.#state !== 'body')) return at
    const { trailers } = body
    if (at < 0 || (trailers !== undefined && framesInTrailers(trailers))) {
      this.#fail('protocol-error')
      return -1
    }
    this.#endRequest(trailers && admittedTrailers(trailers, this.#framing.trailers))
    return at
  }

  #endRequest(trailers: HeaderBlock | undefined): void {
    this.#requestDone = true
    this.#state = 'answering'
    this.#events?.onRequestEnd(trailers)
  }

  /** The request broke off. Its exchange answers if nothing was answered yet. */
  #fail(reason: 'connection-termination' | 'protocol-error'): void {
    const events = this.#events
    this.#events = undefined
    this.#closeAfter = true
    this.#requestDone = true
    this.#state = 'answering'
    events?.onDownstreamReset(reason)
    if (!this.#answerDone) this.#channel.destroy()
  }

  #hold(buffer: Buffer, start: number, end: number): void {
    const piece = buffer.subarray(start, end)
    this.#held = this.#held === undefined ? Buffer.from(piece) : Buffer.concat([this.#held, piece])
    if (this.#held.length > maxPipelinedBytes / 2 && !this.#paused) this.pauseRequest()
  }

  #next(): void {
    this.#events = undefined
    this.#state = 'head'
    this.#owner.onPhase('idle')
    if (!this.#processing) this.#resumeHeld()
    this.#resume()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#channel.resume()
  }

  /** FIN after the answer; what still comes is read and dropped, so that no RST overtakes the answer. */
  #finish(): void {
    this.#events = undefined
    if (this.#state === 'closed') return
    this.#state = 'closing'
    this.#held = undefined
    this.#owner.onPhase('closing')
    this.#channel.end()
    this.#resume()
  }
}
