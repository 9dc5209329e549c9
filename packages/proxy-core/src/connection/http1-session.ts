/**
 * A connection of HTTP/1: one codec, one request after the other, and the deadlines of heads, bodies and idle times. In the
 * role of an explicit proxy each request may belong to another listener and manager.
 */
import { startGuarded } from '../guard/start-guarded.js'
import { HeaderBlock } from '../message/header-block.js'
import type { Http1ServerConnection } from '../codec/http1/server-connection.js'
import type { Http1Phase, ServerConnectionOwner } from '../codec/http1/server-connection-owner.js'
import { BodyRate, bodyRateGraceMs } from '../body/body-rate.js'
import type { RequestEvents } from '../codec/stream.js'
import type { DeadlineEntry } from '../deadline-queue.js'
import { reasonPhrase } from '../message/reason-phrase.js'
import { signAnswer } from '../message/sign-answer.js'
import { acceptsUpgrade } from '../message/upgrade.js'
import type { Exchange } from '../router/exchange.js'
import type { ManagerRuntime } from '../router/exchange-deps.js'
import type { Channel } from '../transport/channel.js'
import type { AcceptedConnection } from './accepted-connection.js'
import type { ConnectionDeps } from './connection-deps.js'
import type { HttpTarget } from './forward-proxy.js'
import { ignoredRequest } from './ignored-request.js'
import {
  abortGraceMs,
  type ConnectionLimits,
  defaultStreamIdleMs,
  delayedCloseMs,
  edgeLimits,
  halfCloseGraceMs,
  idleDrainMs,
  meshLimits,
} from './limits.js'

/** Decides for one request of an explicit proxy; undefined when it has answered itself. */
export type ChooseTarget = (stream: Http1ServerConnection, session: Http1Session) => HttpTarget | undefined

export class Http1Session implements ServerConnectionOwner, DeadlineEntry {
  readonly #deps: ConnectionDeps
  readonly #accepted: AcceptedConnection
  readonly #channel: Channel
  readonly #manager: ManagerRuntime | undefined
  readonly #chooseTarget: ChooseTarget | undefined
  readonly #limits: ConnectionLimits
  readonly #codec: Http1ServerConnection
  #requests = 0
  /** The current request, which says what it may become a tunnel of. */
  #current: Exchange | undefined
  #phase: Http1Phase = 'idle'
  /** Bytes of the current request when it was last looked at, and when something was last seen to have moved in it, or its beginning. */
  #lastBytes = 0
  #lastLifeMs = 0
  readonly #minBodyRate: number
  #rate: BodyRate | undefined
  /** Whether the current request's body is looked at. */
  #heldToRate = false
  #pausesSeen = 0
  /** Looks that are left to a client whose FIN came behind its request. */
  #graceLooks = 0
  heapIndex = -1
  dueMs = 0
  deadlineMs = 0

  constructor(
    deps: ConnectionDeps,
    accepted: AcceptedConnection,
    channel: Channel,
    manager: ManagerRuntime | undefined,
    chooseTarget?: ChooseTarget,
  ) {
    this.#deps = deps
    this.#accepted = accepted
    this.#channel = channel
    this.#manager = manager
    this.#chooseTarget = chooseTarget
    this.#limits = manager?.config.useRemoteAddress === true ? edgeLimits : meshLimits
    this.#minBodyRate = deps.minBodyRate ?? this.#limits.minBodyRate
    this.#codec = deps.createCodec(channel, this, {
      limits: this.#limits.head,
      rejectUnderscores: this.#limits.rejectUnderscores,
      forwardProxy: chooseTarget !== undefined,
      acceptsConnect: chooseTarget !== undefined || (manager !== undefined && acceptsUpgrade(manager.config, 'CONNECT')),
      defaultHost: manager?.config.httpProtocolOptions?.defaultHostForHttp10,
      refusesHttp10: !(manager?.config.httpProtocolOptions?.acceptHttp10 ?? deps.acceptsHttp10),
    })
    channel.handler = this.#codec
    // Proxies of the mesh open connections ahead of requests; strangers get the time of a head to begin one.
    this.onPhase(this.#limits === edgeLimits ? 'head' : 'idle')
  }

  onRequest(stream: Http1ServerConnection): RequestEvents {
    this.#requests++
    const target = this.#chooseTarget === undefined ? undefined : this.#chooseTarget(stream, this)
    if (this.#chooseTarget !== undefined && target === undefined) return ignoredRequest
    const manager = target?.manager ?? (this.#manager as ManagerRuntime)
    const exchange = this.#deps.createExchange(manager, target?.connection ?? this.#accepted, stream)
    this.#current = exchange
    startGuarded(exchange)
    return exchange
  }

  acceptsUpgrade(type: string): boolean {
    return this.#current?.upgrade === type
  }

  onBadRequest(stream: Http1ServerConnection, status: number, reason: string): void {
    const body = status === 400 ? 'Bad Request' : reasonPhrase(status)
    this.refuse(stream, status, body)
    this.#accepted.reportBadRequest(this.#manager, status, reason, body.length)
  }

  /** Answers locally and ends the connection. */
  refuse(stream: Http1ServerConnection, status: number, body: string, extra: readonly (readonly [string, string])[] = []): void {
    const headers = new HeaderBlock()
    headers.append('content-type', 'text/plain')
    for (const [name, value] of extra) headers.append(name, value)
    signAnswer(headers, this.#deps.exchange.clock.now(), this.#manager?.config.serverName)
    stream.refuse(status, reasonPhrase(status), headers, body)
  }

  onHttp2Preface(buffer: Buffer, start: number, end: number): boolean {
    if (this.#manager?.config.codecType === 'HTTP1' || this.#accepted.tls?.alpn !== undefined) return false
    this.#deps.exchange.deadlines.remove(this)
    this.#accepted.continueOverHttp2(this.#manager)
    this.#channel.handler.onData(buffer, start, end)
    return true
  }

  onPhase(phase: Http1Phase): void {
    // The head's deadline counts from its first byte and is not moved by later ones.
    if (phase === 'head' && this.#phase === 'head' && this.deadlineMs > 0) return
    this.#phase = phase
    const nowMs = this.#deps.exchange.clock.monotonicMs()
    const { deadlines } = this.#deps.exchange
    if (phase === 'head') deadlines.set(this, nowMs + this.#limits.headDeadlineMs)
    else if (phase === 'idle') deadlines.set(this, nowMs + (this.#manager?.config.idleTimeoutMs || this.#limits.keepAliveMs))
    else if (phase === 'closing') deadlines.set(this, nowMs + delayedCloseMs)
    else if (phase === 'half-closed') this.#awaitAnswer(nowMs)
    else {
      this.#heldToRate = this.#minBodyRate > 0 && this.#codec.awaitsBody
      if (this.#heldToRate) this.#startRate(nowMs)
      this.#seeLife(nowMs)
    }
  }

  /** Something of the current request has moved, or it begins. */
  #seeLife(nowMs: number): void {
    const streamIdleMs = this.#manager?.config.streamIdleTimeoutMs
    if (streamIdleMs === undefined || streamIdleMs > 0) this.#lastBytes = this.#progress()
    this.#lastLifeMs = nowMs
    this.#lookAgain(streamIdleMs === 0 ? Infinity : nowMs + (streamIdleMs ?? this.#limits.bodyIdleMs), nowMs)
  }

  #lookAgain(idleAtMs: number, nowMs: number): void {
    const atMs = this.#heldToRate ? Math.min(idleAtMs, nowMs + bodyRateGraceMs) : idleAtMs
    this.#deps.exchange.deadlines.set(this, atMs === Infinity ? 0 : atMs)
  }

  #startRate(nowMs: number): void {
    this.#rate ??= new BodyRate(this.#minBodyRate)
    this.#rate.start(nowMs, 0)
    this.#pausesSeen = this.#codec.pauses
  }

  #isTooSlow(nowMs: number): boolean {
    const { pauses, awaitsBody } = this.#codec
    // Of a request that is whole the duration is known.
    if (this.#current?.requestDurationMs !== undefined) this.#heldToRate = false
    if (!this.#heldToRate) return false
    const isExcused = !awaitsBody || pauses !== this.#pausesSeen
    this.#pausesSeen = pauses
    return this.#rate?.isTooSlow(nowMs, this.#current?.bytesReceived ?? 0, isExcused) === true
  }

  /** The client's FIN came behind its request. */
  #awaitAnswer(nowMs: number): void {
    // In two steps: where this process itself was held up, what came meanwhile is read between them.
    this.#graceLooks = this.#codec.isLastRequest ? 0 : 1
    this.#deps.exchange.deadlines.set(this, nowMs + (this.#codec.isLastRequest ? halfCloseGraceMs : abortGraceMs / 2))
  }

  /** Bytes in either direction. */
  #progress(): number {
    return this.#codec.bytesRead + (this.#current?.bytesSent ?? 0)
  }

  onDeadline(nowMs: number): void {
    if (this.#phase === 'request') return this.#lookAtRequest(nowMs)
    // It does read: a client that is gone would have reset the connection by now.
    if (this.#phase === 'half-closed' && this.#codec.answerStarted) return this.onPhase('request')
    if (this.#phase === 'half-closed' && this.#graceLooks-- > 0) return this.#deps.exchange.deadlines.set(this, nowMs + abortGraceMs / 2)
    if (this.#phase === 'head' && !this.#codec.idle) return this.#headTimedOut()
    this.#channel.destroy()
  }

  /** Anything that moved since counts as life. Who has sent all may wait for longer than one who still owes a body. */
  #lookAtRequest(nowMs: number): void {
    if (this.#isTooSlow(nowMs)) return this.#current?.onSlowBody()
    if (this.#progress() !== this.#lastBytes) return this.#seeLife(nowMs)
    const { deadlines } = this.#deps.exchange
    const owesBody = this.#codec.awaitsBody
    const configuredMs = this.#manager?.config.streamIdleTimeoutMs
    const idleMs = configuredMs ?? (owesBody ? this.#limits.bodyIdleMs : defaultStreamIdleMs)
    const quietUntilMs = idleMs === 0 ? Infinity : this.#lastLifeMs + idleMs
    if (nowMs < quietUntilMs) return this.#lookAgain(quietUntilMs, nowMs)
    deadlines.set(this, nowMs + defaultStreamIdleMs)
    this.#current?.onIdle()
  }

  /** As Envoy answers a head that does not come to its end. */
  #headTimedOut(): void {
    const reason = 'request header timeout'
    this.refuse(this.#codec, 408, reason)
    this.#accepted.reportBadRequest(this.#manager, 408, reason, reason.length)
  }

  onConnectionClosed(): void {
    this.#deps.exchange.deadlines.remove(this)
    this.#accepted.gone()
  }

  shouldClose(): boolean {
    const maxRequestsPerConnection = this.#manager?.config.maxRequestsPerConnection ?? this.#limits.maxRequestsPerConnection
    return this.#accepted.draining || (maxRequestsPerConnection > 0 && this.#requests >= maxRequestsPerConnection)
  }

  /** Ends the connection when it is idle, else after its answer. */
  drain(): void {
    this.#codec.drain()
  }

  /** The listener has gone: the next answer is the last (`shouldClose`), and when no request comes soon, nobody gets one. */
  outliveListener(): void {
    if (!this.#codec.idle) return
    const { clock, deadlines } = this.#deps.exchange
    deadlines.set(this, clock.monotonicMs() + idleDrainMs)
  }

  /** Gives the channel away (CONNECT). */
  release(): Buffer | undefined {
    this.#deps.exchange.deadlines.remove(this)
    return this.#codec.release()
  }
}
