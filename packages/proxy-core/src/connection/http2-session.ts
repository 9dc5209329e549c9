/** An HTTP/2 connection of a client: its streams become exchanges of one connection manager. Deadlines are the codec's. */
import { startGuarded } from '../guard/start-guarded.js'
import type { Http2ServerConnection, Http2ServerOwner } from '../codec/http2/server-connection.js'
import type { Http2ServerStream } from '../codec/http2/server-stream.js'
import type { RequestEvents } from '../codec/stream.js'
import { HeaderBlock } from '../message/header-block.js'
import { reasonPhrase } from '../message/reason-phrase.js'
import { signAnswer } from '../message/sign-answer.js'
import type { ManagerRuntime } from '../router/exchange-deps.js'
import { acceptsUpgrade } from '../message/upgrade.js'
import type { Channel, InboundChannel } from '../transport/channel.js'
import type { HttpConnectionManager } from '@heddle/routing'
import type { DownstreamConnection } from '../decision-record.js'
import type { ForwardOutcome, ProxiedRequest } from './forward-proxy.js'
import { ignoredRequest } from './ignored-request.js'
import { StreamChannel } from './stream-channel.js'
import type { AcceptedConnection } from './accepted-connection.js'
import type { ConnectionDeps } from './connection-deps.js'
import { edgeLimits, meshLimits } from './limits.js'

/** How requests of an explicit proxy's clients go on. */
interface ForwardProxy {
  forwardedTo(request: ProxiedRequest, scheme: string): ForwardOutcome
  enterTunnel(address: string, port: number, channel: InboundChannel): void
}

export class Http2Session implements Http2ServerOwner {
  readonly #deps: ConnectionDeps
  readonly #accepted: AcceptedConnection
  readonly #channel: Channel
  readonly #manager: ManagerRuntime | undefined
  readonly #forward: ForwardProxy | undefined
  readonly #codec: Http2ServerConnection

  /** @param manager undefined for an explicit proxy, where `forward` decides for each request. */
  constructor(
    deps: ConnectionDeps,
    accepted: AcceptedConnection,
    channel: Channel,
    manager: ManagerRuntime | undefined,
    forward?: ForwardProxy,
  ) {
    this.#deps = deps
    this.#accepted = accepted
    this.#channel = channel
    this.#manager = manager
    this.#forward = forward
    const config: Partial<HttpConnectionManager> = manager?.config ?? {}
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
      acceptsConnect: forward !== undefined || (manager !== undefined && acceptsUpgrade(manager.config, 'CONNECT')),
      allowsConnect: (config.upgradeTypes?.length ?? 0) > 0,
    })
    channel.handler = this.#codec
  }

  onRequest(stream: Http2ServerStream): RequestEvents {
    if (this.#forward !== undefined) return this.#proxy(stream, this.#forward)
    return this.#begin(stream, this.#manager as ManagerRuntime, this.#accepted)
  }

  #begin(stream: Http2ServerStream, manager: ManagerRuntime, connection: DownstreamConnection): RequestEvents {
    const exchange = this.#deps.createExchange(manager, connection, stream)
    startGuarded(exchange)
    return exchange
  }

  #proxy(stream: Http2ServerStream, forward: ForwardProxy): RequestEvents {
    const outcome = forward.forwardedTo(stream, stream.scheme)
    if (outcome.kind === 'request') return this.#begin(stream, outcome.target.manager, outcome.target.connection)
    if (outcome.kind === 'refused') {
      this.#refuse(stream, outcome.status, outcome.body, outcome.headers)
      return ignoredRequest
    }
    const tunnel = new StreamChannel(stream, this.#channel, this.#deps.logger)
    forward.enterTunnel(outcome.address, outcome.port, tunnel)
    if (!tunnel.closed) tunnel.open()
    return tunnel
  }

  onBadRequest(stream: Http2ServerStream, status: number, reason: string): void {
    const body = status === 400 ? 'Bad Request' : reasonPhrase(status)
    this.#refuse(stream, status, body)
    this.#accepted.reportBadRequest(this.#manager, status, reason, body.length, 'HTTP/2')
  }

  #refuse(stream: Http2ServerStream, status: number, body: string, extra: readonly (readonly [string, string])[] = []): void {
    const headers = new HeaderBlock()
    headers.append('content-type', 'text/plain')
    for (const [name, value] of extra) headers.append(name, value)
    signAnswer(headers, this.#deps.exchange.clock.now(), this.#manager?.config.serverName)
    stream.refuse(status, headers, body)
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
