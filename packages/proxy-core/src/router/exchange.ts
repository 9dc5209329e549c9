/**
 * One request on its way: route, cluster, endpoint, tries, answer. The state machine of Envoy's router filter:
 *
 *   routing -> (local reply) -> done
 *   routing -> trying -> answering -> done
 *                 \-> backing off -> trying
 *
 * Below, in the order of the way: routing, a try, the request's body, the answer, a tunnel, what goes wrong, the end.
 */
import type { MirrorPolicy } from '@heddle/routing'
import type { ClusterRuntime } from '../cluster/cluster-runtime.js'
import type { DownstreamStream, RequestEvents, ResetReason, ResponseEvents, UpstreamStream } from '../codec/stream.js'
import type { DownstreamConnection } from '../decision-record.js'
import type { Endpoint } from '../endpoint/endpoint.js'
import type { StreamWaiter } from '../endpoint/http-pool.js'
import { filterFailedReply } from '../filters/http-filter.js'
import { guard } from '../guard/guard.js'
import type { HeaderBlock } from '../message/header-block.js'
import { reasonPhrase } from '../message/reason-phrase.js'
import { signAnswer } from '../message/sign-answer.js'
import { responseFlagBits as flag } from '../response-flag.js'
import type { ExchangeDeps, ManagerRuntime } from './exchange-deps.js'
import type { Attempt } from './exchange-record.js'
import { applyResponseMutations } from './header-value.js'
import { failedTryReply, localReplies, type LocalReply, localReplyHeaders } from './local-reply.js'
import { drawMirrors, sendMirrors } from './mirror.js'
import { RequestBody } from './request-body.js'
import { RequestDeadlines, type TimedRequest } from './request-deadlines.js'
import { linksOf, prepareResponse } from './response-headers.js'
import { metStaleConnection, Retries } from './retries.js'
import { RoutedRequest } from './routed-request.js'
import { TunnelWatch } from './tunnel-watch.js'

type State = 'routing' | 'trying' | 'backing-off' | 'answering' | 'tunnel' | 'done'

/** Envoy's, where the connection manager says nothing. */
const defaultTunnelIdleMs = 300_000

export class Exchange extends RoutedRequest implements RequestEvents, ResponseEvents, StreamWaiter, TimedRequest {
  #state: State = 'routing'
  /** Made with the first byte of a body, the first timeout, the first failed try. */
  #body: RequestBody | undefined
  #deadlines: RequestDeadlines | undefined
  #retries: Retries | undefined
  /** That still get a copy. */
  #mirrors: readonly MirrorPolicy[] | undefined
  #upstreamStream: UpstreamStream | undefined
  #retriedStale = false
  #requestEnded = false
  #requestTrailers: HeaderBlock | undefined
  #sentAtMs = 0
  /** For a connection of the endpoint's pool. */
  #waiting = false
  /** Counted at the endpoint and the cluster. */
  #inFlight = false
  #tunnel: TunnelWatch | undefined
  /** The upstream has ended its direction of the tunnel in good order. */
  #tunnelEnded = false

  constructor(deps: ExchangeDeps, runtime: ManagerRuntime, connection: DownstreamConnection, stream: DownstreamStream) {
    super(deps, runtime, connection, stream)
    runtime.activeRequests.count++
    runtime.activeRequests.total++
  }

  get opensTunnel(): boolean {
    return this.method === 'CONNECT' && this.routeRuntime?.terminatesConnect === true
  }

  protected forward(): void {
    const { head } = this.stream
    if (head.expectContinue && this.runtime.config.proxy100Continue !== true) {
      head.headers.remove('expect')
      this.stream.sendInformational(100, undefined)
    }
    const mirrors = this.routeRuntime?.mirrors
    if (mirrors !== undefined) this.#mirrors = drawMirrors(mirrors, this.deps.random)
    this.#try(false)
  }

  protected resumed(): void {
    if (this.#requestEnded) this.#onWholeRequest(this.deps.clock.monotonicMs())
    this.#flushHeld()
  }

  /** @param fresh on a connection that has not been used before. */
  #try(fresh: boolean): void {
    const cluster = this.clusterRuntime as ClusterRuntime
    this.#state = 'trying'
    const startMs = this.deps.clock.monotonicMs()
    if (cluster.activeRequests >= cluster.maxRequests) return this.#overflow(cluster)
    const endpoint = this.pickEndpoint(cluster)
    this.attempts.push({ host: endpoint?.key, startMs, status: undefined, failure: undefined })
    if (endpoint === undefined) return this.reply(localReplies.noEndpoint)
    this.chosenEndpoint = endpoint
    this.#inFlight = true
    endpoint.activeRequests++
    endpoint.requests++
    cluster.activeRequests++
    const perTryMs = this.routeRuntime?.retry?.perTryTimeoutMs ?? 0
    if (perTryMs > 0) this.#timeouts().startTry(startMs + perTryMs)
    this.#waiting = true
    const stream = this.deps.acquireStream(cluster, endpoint, this.runtime, this, fresh)
    if (stream !== undefined) this.#send(stream)
  }

  #overflow(cluster: ClusterRuntime): void {
    cluster.overflows++
    this.reply(localReplies.overflow)
  }

  onStreamReady(stream: UpstreamStream): void {
    if (this.#state !== 'trying') return stream.reset()
    this.#send(stream)
    if (!stream.flush()) this.stream.pauseRequest()
    else this.stream.resumeRequest()
  }

  onStreamFailed(reason: 'connection-failure' | 'connection-timeout' | 'overflow', details: string): void {
    this.#waiting = false
    if (reason === 'overflow') {
      this.#leaveEndpoint('overflow')
      return this.#overflow(this.clusterRuntime as ClusterRuntime)
    }
    this.upstreamTransportFailureReason = details === '' ? undefined : details
    this.#tryFailed(reason, details, false)
  }

  /** Gathers what there is of the request; whoever handles the event flushes. */
  #send(stream: UpstreamStream): void {
    this.#waiting = false
    const { head } = this.stream
    this.#upstreamStream = stream
    this.upstream = stream.info
    this.clusterRuntime?.connected(this.chosenEndpoint as Endpoint, false)
    if (this.virtualHost?.includeRequestAttemptCount) head.headers.set('x-envoy-attempt-count', String(this.attempts.length))
    const { upgrade } = this
    const target = this.method === 'CONNECT' ? this.upstreamAuthority : this.upstreamPath
    stream.sendHead(this.method, target, head.headers, head.bodyLength, upgrade, this)
    this.#body?.replayInto(stream)
    if (this.#requestEnded && upgrade === '') this.#endUpstreamRequest(this.deps.clock.monotonicMs())
  }

  onRequestBody(buffer: Buffer, start: number, end: number): void {
    this.bytesReceived += end - start
    const stream = this.#upstreamStream
    this.#body ??= new RequestBody(this.deps.maxBufferedBytes)
    const keep = stream === undefined || ((this.#triesLeft() > 0 || this.#mirrors !== undefined) && !this.#body.overflowed)
    if (keep && this.#state !== 'done') this.#body.keep(buffer, start, end)
    if (stream !== undefined) {
      stream.sendBody(buffer, start, end)
      this.#body.trim()
    }
    if (stream === undefined && this.#body.full) this.stream.pauseRequest()
  }

  onRequestEnd(trailers: HeaderBlock | undefined): void {
    this.#requestEnded = true
    this.#requestTrailers = trailers
    const nowMs = this.deps.clock.monotonicMs()
    this.requestDurationMs = nowMs - this.startMs
    if (this.#state === 'done') return
    if (this.#state !== 'routing') this.#onWholeRequest(nowMs)
    if (this.#upstreamStream !== undefined) this.#endUpstreamRequest(nowMs)
  }

  /** The route's timeout counts from here, and mirrors get their copies. */
  #onWholeRequest(nowMs: number): void {
    if (this.#state === 'done') return
    const { timeoutMs } = this
    if (timeoutMs > 0) this.#timeouts().startRoute(nowMs + timeoutMs)
    const mirrors = this.#mirrors
    const pieces = this.#body === undefined ? [] : this.#body.pieces
    this.#mirrors = undefined
    if (mirrors === undefined || pieces === undefined) return
    const { runtime: manager, deps } = this
    sendMirrors(mirrors, { record: this, head: this.stream.head, manager, pieces, trailers: this.#requestTrailers, timeoutMs }, deps)
  }

  #endUpstreamRequest(nowMs: number): void {
    this.#sentAtMs = nowMs
    this.#upstreamStream?.sendEnd(this.#requestTrailers)
  }

  onDownstreamDrain(): void {
    this.#upstreamStream?.resumeResponse()
  }
  onUpstreamDrain(): void {
    this.stream.resumeRequest()
  }
  flushUpstream(): void {
    const stream = this.#upstreamStream
    if (stream !== undefined && !stream.flush()) this.stream.pauseRequest()
  }
  flushDownstream(): void {
    if (this.#state === 'done') return
    if (!this.stream.flush()) this.#upstreamStream?.pauseResponse()
  }

  onInformational(status: number, headers: HeaderBlock): void {
    // 100 only to a client that waits for it; of hints (103) only the links; other interim answers have no meaning here.
    const isAwaited = status === 100 && this.stream.head.expectContinue && this.runtime.config.proxy100Continue
    if (status === 103 || isAwaited) this.stream.sendInformational(status, status === 103 ? linksOf(headers) : undefined)
  }

  onResponseHead(status: number, reason: string, headers: HeaderBlock, length: number): void {
    this.responseHeaders = headers
    const attempt = this.attempts.at(-1) as Attempt
    attempt.status = status
    this.observeAnswer(status, headers)
    if (this.routeRuntime?.retry?.onAnswer(status, headers) && this.#retry('status')) return
    const nowMs = this.deps.clock.monotonicMs()
    this.responseDurationMs = nowMs - this.startMs
    this.upstreamServiceTimeMs = nowMs - (this.#sentAtMs || attempt.startMs)
    this.#deadlines?.endTry()
    this.#state = 'answering'
    this.responseCode = status
    this.responseCodeDetails = 'via_upstream'
    if (!this.#prepareResponse(headers)) return
    this.stream.sendHead(status, reason, headers, length, false)
  }

  /** @returns whether the answer may go on. */
  #prepareResponse(headers: HeaderBlock): boolean {
    if (this.newCookies !== undefined) for (const cookie of this.newCookies) headers.append('set-cookie', cookie)
    const isSound = prepareResponse(headers, this, this.runtime, this.deps, this.routeRuntime?.headers)
    if (isSound) this.routeFilters?.onResponse(headers)
    else this.reply(filterFailedReply)
    return isSound
  }

  onResponseBody(buffer: Buffer, start: number, end: number): void {
    if (this.#state !== 'answering') return
    this.bytesSent += end - start
    this.stream.sendBody(buffer, start, end)
  }

  onResponseEnd(trailers: HeaderBlock | undefined): void {
    const stream = this.#upstreamStream
    this.#upstreamStream = undefined
    if (this.#state !== 'answering') return
    this.responseTrailers = trailers
    this.#complete()
    // The answer came before the whole request did: the upload goes nowhere any more.
    if (!this.#requestEnded) stream?.reset()
    this.stream.sendEnd(trailers)
  }

  onUpgraded(status: number, reason: string, headers: HeaderBlock): void {
    this.responseHeaders = headers
    this.observeAnswer(status, headers)
    this.#state = 'tunnel'
    this.responseCode = status
    this.responseCodeDetails = 'via_upstream'
    this.#deadlines?.end()
    if (!this.#prepareResponse(headers)) return
    const { streamIdleTimeoutMs = defaultTunnelIdleMs } = this.runtime.config
    const { deadlines, clock } = this.deps
    this.#tunnel = new TunnelWatch(deadlines, clock, streamIdleTimeoutMs, () => this.onIdle())
    this.stream.sendHead(status, reason === '' ? 'Switching Protocols' : reason, headers, -2, false)
    this.stream.startTunnel()
  }

  onTunnelData(buffer: Buffer, start: number, end: number): void {
    this.bytesReceived += end - start
    this.#tunnel?.touch()
    this.#upstreamStream?.sendBody(buffer, start, end)
  }
  onTunnelEnd(): void {
    this.#upstreamStream?.endTunnel()
  }
  onTunnelResponse(buffer: Buffer, start: number, end: number): void {
    this.bytesSent += end - start
    this.#tunnel?.touch()
    this.stream.sendBody(buffer, start, end)
  }
  onTunnelResponseEnd(): void {
    this.#tunnelEnded = true
    this.stream.endTunnel()
    this.#tunnel?.halve()
  }

  /** Nothing has moved in either direction for the idle time of streams. */
  onIdle(): void {
    this.#giveUp(localReplies.idle)
  }
  onSlowBody(): void {
    this.#giveUp(localReplies.slowBody)
  }

  /** Something that the engine was given threw, or the engine itself did: that costs this request. */
  fail(error: unknown): void {
    this.deps.logger.error('a request failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    guard(this.deps.logger, 'the answer to a failed request', () => this.#giveUp(localReplies.fault))
  }

  /** Answers, or cuts the answer that has begun. */
  #giveUp(reply: LocalReply): void {
    if (this.#state === 'done') return
    if (this.#state !== 'answering' && this.#state !== 'tunnel') return this.reply(reply)
    this.responseFlags |= reply.flags
    this.responseCodeDetails = reply.details
    this.#giveUpUpstream()
    this.#complete()
    this.stream.abort()
  }

  onDownstreamReset(reason: 'connection-termination' | 'protocol-error'): void {
    if (this.#state === 'done') return
    const isBroken = reason === 'protocol-error'
    if (isBroken && this.#state !== 'answering' && this.#state !== 'tunnel') return this.reply(localReplies.brokenRequest)
    this.responseFlags |= isBroken ? flag.DPE : this.#state === 'tunnel' ? 0 : flag.DC
    this.responseCodeDetails ??= isBroken ? localReplies.brokenRequest.details : 'downstream_remote_disconnect'
    this.#complete()
    this.#giveUpUpstream()
    if (isBroken) this.stream.abort()
  }

  onUpstreamReset(reason: ResetReason, details: string): void {
    const stream = this.#upstreamStream
    this.#upstreamStream = undefined
    if (this.#state === 'tunnel' || this.#state === 'answering') return this.#brokeOff(reason, details)
    if (this.#state !== 'trying') return
    if (this.#retriedStale || !metStaleConnection(stream, reason, this)) return this.#tryFailed(reason, details, true)
    this.#retriedStale = true
    this.#leaveEndpoint('connection-termination')
    this.#tryAgain(true)
  }

  /** @param details not empty when the connection was cut off, even if the upstream had ended its direction of a tunnel before. */
  #brokeOff(reason: ResetReason, details: string): void {
    const isEnd = this.#tunnelEnded && details === ''
    if (this.#state === 'answering') {
      this.responseFlags |= reason === 'protocol-error' ? flag.UPE : flag.UC
      this.observeFailure(503)
    }
    if (!isEnd) this.responseCodeDetails = `upstream_reset_after_response_started{${reason.replaceAll('-', '_')}}`
    this.#complete()
    if (!isEnd) this.stream.abort()
  }

  #tryFailed(reason: ResetReason | 'per-try-timeout', details: string, sent: boolean): void {
    if (reason !== 'per-try-timeout') this.observeFailure(503)
    else if (sent) this.observeFailure(504)
    if (this.routeRuntime?.retry?.onReset(reason, sent) && this.#retry(reason)) return
    this.#leaveEndpoint(reason)
    this.reply(failedTryReply(reason, details))
  }

  #triesLeft(): number {
    return this.#retries?.left ?? this.routeRuntime?.retry?.maxRetries ?? 0
  }

  /** @returns whether another try will follow. */
  #retry(failure: string): boolean {
    const retry = this.routeRuntime?.retry
    if (retry === undefined || this.#body?.overflowed) return false
    this.#retries ??= new Retries(retry, this.clusterRuntime as ClusterRuntime, this.deps)
    const refusal = this.#retries.take()
    if (refusal !== undefined) {
      this.responseFlags |= refusal
      return false
    }
    const stream = this.#upstreamStream
    this.#upstreamStream = undefined
    this.#leaveEndpoint(failure)
    stream?.reset()
    this.#state = 'backing-off'
    this.#retries.backOff(this.attempts.length, () => this.#tryAgain(false))
    return true
  }

  #tryAgain(fresh: boolean): void {
    this.#try(fresh)
    this.#flushHeld()
  }

  /** What waited while no upstream took it. */
  #flushHeld(): void {
    if (this.#upstreamStream?.flush()) this.stream.resumeRequest()
  }

  #timeouts(): RequestDeadlines {
    return (this.#deadlines ??= new RequestDeadlines(this.deps.deadlines, this))
  }

  onTryTimeout(): void {
    if (this.#state !== 'trying') return
    const stream = this.#upstreamStream
    this.#upstreamStream = undefined
    stream?.reset()
    this.#tryFailed('per-try-timeout', '', stream !== undefined)
  }

  onRouteTimeout(): void {
    if (this.#state === 'done') return
    if (this.#state === 'trying' && this.#upstreamStream !== undefined) this.observeFailure(504)
    this.#giveUpUpstream()
    if (this.#state !== 'answering') return this.reply(localReplies.routeTimeout)
    this.responseFlags |= flag.UT
    this.responseCodeDetails = localReplies.routeTimeout.details
    this.#complete()
    this.stream.abort()
  }

  protected limitStream(deadlineMs: number): void {
    this.#timeouts().startStream(deadlineMs)
  }

  onStreamTimeout(): void {
    this.#giveUp(localReplies.streamTimeout)
  }

  #giveUpUpstream(): void {
    const stream = this.#upstreamStream
    this.#upstreamStream = undefined
    stream?.reset()
    this.#waitNoMore()
  }

  #waitNoMore(): void {
    if (this.#waiting && this.chosenEndpoint !== undefined) this.deps.cancelStream(this.chosenEndpoint, this)
    this.#waiting = false
  }

  #leaveEndpoint(failure: string): void {
    const attempt = this.attempts.at(-1)
    if (attempt !== undefined && attempt.status === undefined) attempt.failure ??= failure
    this.#deadlines?.endTry()
    if (this.chosenEndpoint === undefined || !this.#inFlight) return
    this.#inFlight = false
    this.#waitNoMore()
    this.chosenEndpoint.activeRequests--
    if (this.clusterRuntime !== undefined) this.clusterRuntime.activeRequests--
  }

  protected reply(reply: LocalReply): void {
    if (this.#state === 'done') return
    this.#giveUpUpstream()
    const { status, headers, body, length } = localReplyHeaders(reply, this.isGrpc, this.method)
    if (reply.isWhole !== true) applyResponseMutations(headers, this.routeRuntime?.headers, this)
    this.routeFilters?.onResponse(headers)
    signAnswer(headers, this.deps.clock.now(), this.runtime.config.serverName)
    this.responseHeaders = headers
    this.deps.telemetry.onResponse?.(this, headers)
    this.responseCode = status
    this.responseFlags |= reply.flags
    this.responseCodeDetails = reply.details
    this.bytesSent = body.length
    this.#complete()
    this.stream.sendHead(status, reasonPhrase(status), headers, length, false)
    this.stream.sendText(body)
    this.stream.sendEnd(undefined)
  }

  #complete(): void {
    if (this.#state === 'done') return
    if (this.#inFlight) this.#leaveEndpoint('')
    this.#state = 'done'
    this.#tunnel?.end()
    this.#retries?.end()
    this.routeFilters?.end()
    this.#deadlines?.end()
    this.runtime.activeRequests.count--
    this.endMs = this.deps.clock.monotonicMs()
    this.deps.telemetry.onRequestComplete(this)
  }
}
