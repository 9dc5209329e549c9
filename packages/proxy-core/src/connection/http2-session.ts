/** An HTTP/2 connection of a client: its streams become exchanges of one connection manager. Deadlines are the codec's. */
import type { Http2ServerConnection, Http2ServerOwner } from '../codec/http2/server-connection.js'
import type { Http2ServerStream } from '../codec/http2/server-stream.js'
import type { RequestEvents } from '../codec/stream.js'
import { HeaderBlock } from '../message/header-block.js'
import { reasonPhrase } from '../message/reason-phrase.js'
import { signAnswer } from '../message/sign-answer.js'
import type { ManagerRuntime } from '../router/exchange-deps.js'
import type { Channel } from '../transport/channel.js'
import type { AcceptedConnection } from './accepted-connection.js'
import type { ConnectionDeps } from './connection-deps.js'
import { edgeLimits, meshLimits } from './limits.js'

export class Http2Session implements Http2ServerOwner {
  readonly #deps: ConnectionDeps
  readonly #accepted: AcceptedConnection
  readonly #manager: ManagerRuntime
  readonly #codec: Http2ServerConnection

  constructor(deps: ConnectionDeps, accepted: AcceptedConnection, channel: Channel, manager: ManagerRuntime) {
    this.#deps = deps
    this.#accepted = accepted
    this.#manager = manager
    const { config } = manager
    const limits = config.useRemoteAddress === true ? edgeLimits : meshLimits
    this.#codec = deps.createHttp2Codec(channel, this, {
      ...limits.http2,
      head: limits.head,
      maxConcurrentStreams: config.http2ProtocolOptions?.maxConcurrentStreams ?? limits.http2.maxConcurrentStreams,
      headDeadlineMs: limits.headDeadlineMs,
      idleMs: config.idleTimeoutMs || limits.keepAliveMs,
      // Clients are not asked: idle ones go, and streams have deadlines of their own.
      keepAliveMs: 0,
      keepAliveTimeoutMs: 0,
      minBodyRate: deps.minBodyRate ?? limits.minBodyRate,
      streamIdleMs: config.streamIdleTimeoutMs ?? limits.bodyIdleMs,
      maxStreams: config.maxRequestsPerConnection ?? limits.maxRequestsPerConnection,
      allowsConnect: (config.upgradeTypes?.length ?? 0) > 0,
    })
    channel.handler = this.#codec
  }

  onRequest(stream: Http2ServerStream): RequestEvents {
    const exchange = this.#deps.createExchange(this.#manager, this.#accepted, stream)
    exchange.start()
    return exchange
  }

  onBadRequest(stream: Http2ServerStream, status: number, reason: string): void {
    const body = status === 400 ? 'Bad Request' : reasonPhrase(status)
    const headers = new HeaderBlock()
    headers.append('content-type', 'text/plain')
    signAnswer(headers, this.#deps.exchange.clock.now(), this.#manager.config.serverName)
    stream.refuse(status, headers, body)
    this.#accepted.reportBadRequest(this.#manager, status, reason, body.length, 'HTTP/2')
  }

  onConnectionError(code: number, details: string): void {
    this.#deps.logger.debug('an HTTP/2 connection ended with an error', {
      listener: this.#accepted.listener.name,
      remote: this.#accepted.remoteAddress,
      code,
      details,
    })
  }

  onConnectionClosed(): void {
    this.#accepted.gone()
  }

  /** Takes no new requests; the connection ends with the last answer. */
  drain(): void {
    this.#codec.drain()
  }
}
