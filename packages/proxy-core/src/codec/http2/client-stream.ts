/**
 * A request and its answer on the client's side of HTTP/2. Upstreams are not trusted: an answer that breaks a rule ends in
 * a reset, and one that breaks off is never passed on as whole. A request that asks for an upgrade goes out as extended
 * CONNECT (RFC 8441), and the agreement comes back as the 101 that the router knows.
 */
import { createHash } from 'node:crypto'
import type { UpstreamConnectionInfo } from '../../decision-record.js'
import { isBodiless } from '../../message/bodiless.js'
import type { HeaderBlock } from '../../message/header-block.js'
import { bodyLength } from '../http1/framing.js'
import type { ResetReason, ResponseEvents, UpstreamStream } from '../stream.js'
import type { Http2ClientConnection } from './client-connection.js'
import { errorCode } from './frame-types.js'
import type { HeadReader } from './head-reader.js'
import { Http2Stream } from './stream.js'

const maxInformational = 8
const webSocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export class Http2ClientStream extends Http2Stream implements UpstreamStream {
  readonly #client: Http2ClientConnection
  readonly info: UpstreamConnectionInfo
  readonly reused: boolean
  /** Of the answer; looked at until the exchange is over. */
  headers: HeaderBlock | undefined = undefined
  #events: ResponseEvents | undefined
  #method = ''
  #upgrade = ''
  #webSocketKey: string | undefined
  #headSeen = false
  #informational = 0
  #isTunnel = false
  /** Bytes of the answer's body that were announced and have not come; -1: not announced. */
  #left = -1
  #isBodiless = false

  constructor(client: Http2ClientConnection, sendWindow: number, receiveWindow: number) {
    super(client, sendWindow, receiveWindow)
    this.#client = client
    this.info = client.info
    this.reused = client.info.requestCount > 1
  }

  get isStalled(): boolean {
    return false
  }

  sendHead(method: string, path: string, headers: HeaderBlock, length: number, upgrade: string, events: ResponseEvents): void {
    this.#events = events
    this.#method = method
    this.#upgrade = upgrade
    this.#webSocketKey = upgrade === '' ? undefined : headers.first('sec-websocket-key')
    // Whether a peer knows extended CONNECT stands in its SETTINGS.
    if (!isExtended(upgrade) || this.#client.isSettled) this.#open(path, headers, length)
    else this.#client.whenSettled(() => this.#open(path, headers, length))
  }

  #open(path: string, headers: HeaderBlock, length: number): void {
    if (this.closed) return undefined
    const method = this.#method
    const upgrade = this.#upgrade
    const refusal = this.#client.openStream(this, upgrade)
    if (refusal !== undefined) return this.#client.failLater(this, refusal)
    const { output, heads } = this.connection
    const place = output.beginHeaders()
    heads.request(method, path, headers, length, this.#client.schemeOf(headers), isExtended(upgrade) ? upgrade : '')
    output.endHeaders(place, this.id, false)
    this.wroteHead(place)
    return undefined
  }

  sendBody(buffer: Buffer, start: number, end: number): void {
    this.writeData(buffer, start, end)
  }

  sendEnd(trailers: HeaderBlock | undefined): void {
    if (this.id !== 0) this.writeEnd(trailers)
  }

  endTunnel(): void {
    this.writeEnd(undefined)
  }

  reset(): void {
    this.#events = undefined
    if (this.id === 0) return this.#client.giveBack(this)
    this.connection.resetStream(this, this.#headSeen && this.remoteEnded ? errorCode.noError : errorCode.cancel)
  }

  pauseResponse(): void {
    this.pause()
  }

  resumeResponse(): void {
    this.resume()
  }

  /** A head has come. @returns whether it is sound. */
  receiveHead(head: HeadReader, headers: HeaderBlock, endStream: boolean): boolean {
    const { status } = head
    if (status === 101) return false
    if (status < 200) {
      if (endStream || ++this.#informational > maxInformational) return false
      this.#events?.onInformational(status, headers)
      return true
    }
    this.#headSeen = true
    if (this.#upgrade !== '' && status < 300) return this.#startTunnel(status, headers)
    this.#isBodiless = isBodiless(status, this.#method)
    this.#left = this.#isBodiless ? -1 : head.contentLength
    if (endStream && this.#left > 0) return false
    const noBody = this.#isBodiless || endStream
    const length = noBody ? Math.max(head.contentLength, 0) : head.contentLength >= 0 ? head.contentLength : bodyLength.chunked
    this.#events?.onResponseHead(status, '', headers, length)
    return true
  }

  get headSeen(): boolean {
    return this.#headSeen
  }

  #startTunnel(status: number, headers: HeaderBlock): boolean {
    this.#isTunnel = true
    if (!isExtended(this.#upgrade)) {
      this.#events?.onUpgraded(status, '', headers)
      return true
    }
    headers.set('upgrade', this.#upgrade)
    // Servers of HTTP/2 do not answer the key; a client of HTTP/1.1 waits for it (RFC 6455 section 4.2.2).
    if (this.#webSocketKey !== undefined && !headers.has('sec-websocket-accept'))
      headers.append('sec-websocket-accept', createHash('sha1').update(`${this.#webSocketKey}${webSocketGuid}`).digest('base64'))
    this.#events?.onUpgraded(101, 'Switching Protocols', headers)
    return true
  }

  receiveData(buffer: Buffer, start: number, end: number): void {
    if (!this.#headSeen) return this.fail('DATA before the head')
    if (this.#isTunnel) return this.#events?.onTunnelResponse(buffer, start, end)
    if (this.#isBodiless) return end > start ? this.fail('a body where the answer has none') : undefined
    if (this.#left >= 0) {
      this.#left -= end - start
      if (this.#left < 0) return this.fail('a body longer than its content-length')
    }
    this.#events?.onResponseBody(buffer, start, end)
  }

  receiveEnd(trailers: HeaderBlock | undefined): void {
    if (!this.#headSeen) return this.fail('an end without a head')
    if (this.#isTunnel) return this.#events?.onTunnelResponseEnd()
    if (this.#left > 0) return this.fail('a body shorter than its content-length')
    const events = this.#events
    this.#events = undefined
    events?.onResponseEnd(trailers)
    events?.flushDownstream()
  }

  broken(code: number, isPeer: boolean, details: string): void {
    const reason = isPeer ? reasonOf(code) : 'protocol-error'
    this.breakOff(reason, details)
  }

  /** The exchange fails, whatever it has got so far. */
  breakOff(reason: ResetReason, details: string): void {
    const events = this.#events
    this.#events = undefined
    events?.onUpstreamReset(reason, details)
    events?.flushDownstream()
  }

  onRoom(): void {
    this.#events?.onUpstreamDrain()
  }

  readEnded(): void {
    this.#events?.flushDownstream()
  }
}

/** CONNECT itself needs no more than HTTP/2 has. */
function isExtended(upgrade: string): boolean {
  return upgrade !== '' && upgrade !== 'CONNECT'
}

/** NO_ERROR stands for a connection that ended. */
function reasonOf(code: number): ResetReason {
  if (code === errorCode.refusedStream) return 'refused-stream'
  return code === errorCode.noError ? 'connection-termination' : 'remote-reset'
}
