/**
 * One request on its way: route, cluster, endpoint, tries, answer. The state machine of Envoy's router filter:
 *
 *   routing -> (local reply) -> done
 *   routing -> trying -> answering -> done
 *                 \-> backing off -> trying
 *
 * It is also the request's decision record: the fields that telemetry reads are the ones that the request was served with.
 */
/* oxlint-disable max-lines -- one state machine of one request, to be read in one place */
import type { Timer } from '@heddle/base'
import type { AccessLog, Cluster, LbEndpoint, Route, RouteAction, RouteRequest, VirtualHost, WeightedCluster } from '@heddle/routing'
import { pickWeightedCluster, redirectLocation } from '@heddle/routing'
import type { ClusterRuntime } from '../cluster/cluster-runtime.js'
import type { HeaderBlock } from '../message/header-block.js'
import type { DownstreamStream, RequestEvents, ResetReason, ResponseEvents, UpstreamStream } from '../codec/stream.js'
import type { DeadlineEntry } from '../deadline-queue.js'
import type { DownstreamConnection, RequestRecord, UpstreamConnectionInfo } from '../decision-record.js'
import { guard } from '../guard.js'
import type { Endpoint } from '../endpoint/endpoint.js'
import type { StreamWaiter } from '../endpoint/http-pool.js'
import { responseFlagBits as flag } from '../response-flag.js'
import type { ExchangeDeps, ManagerRuntime } from './exchange-deps.js'
import { httpStatusOf } from './grpc-status.js'
import { applyRequestMutations, applyResponseMutations } from './header-value.js'
import { headerId } from '../message/header-names.js'
import { reasonPhrase } from '../message/reason-phrase.js'
import { type LocalReply, localReplyHeaders, resetTextsOf } from './local-reply.js'
import { clientAddress } from '../filters/client-address.js'
import { prepareRequestHeaders } from '../filters/forwarding-headers.js'
import { normalizePath } from '../filters/path-normalization.js'
import { filterFailed } from '../filters/http-filter.js'
import { prepareResponse } from './response-headers.js'
import { RequestBody } from './request-body.js'
import type { HashedRequest } from './request-hash.js'
import type { RouteRuntime } from './route-set.js'

type State = 'routing' | 'trying' | 'backing-off' | 'answering' | 'tunnel' | 'done'

/** Without a byte from the client of a tunnel whose upstream has ended its direction. */
const halfTunnelMs = 60_000

/** Believed from peers by the telemetry, never passed on. */
const peerMetadata = (1 << headerId.peerMetadata) | (1 << headerId.peerMetadataId)

interface Attempt {
  host: string | undefined
  startMs: number
  status: number | undefined
  failure: string | undefined
}

export class Exchange implements RequestEvents, ResponseEvents, StreamWaiter, DeadlineEntry, RequestRecord, RouteRequest, HashedRequest {
  readonly kind = 'request'
  readonly #deps: ExchangeDeps
  readonly #runtime: ManagerRuntime
  readonly #stream: DownstreamStream
  /** Made with the first byte of a body. */
  #body: RequestBody | undefined
  readonly connection: DownstreamConnection
  readonly method: string
  readonly path: string
  readonly authority: string
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2'
  readonly startWallMs: number
  readonly #startMs: number
  upstreamPath: string
  requestId = ''
  telemetryState: unknown = undefined
  virtualHost: VirtualHost | undefined = undefined
  route: Route | undefined = undefined
  weightedCluster: WeightedCluster | undefined = undefined
  clusterName: string | undefined = undefined
  responseCode = 0
  responseFlags = 0
  responseCodeDetails: string | undefined = undefined
  connectionTerminationDetails: string | undefined = undefined
  upstreamTransportFailureReason: string | undefined = undefined
  bytesReceived = 0
  bytesSent = 0
  upstreamServiceTimeMs: number | undefined = undefined
  requestDurationMs: number | undefined = undefined
  responseDurationMs: number | undefined = undefined
  readonly attempts: Attempt[] = []
  upstream: UpstreamConnectionInfo | undefined = undefined
  heapIndex = -1
  dueMs = 0
  deadlineMs = 0
  #state: State = 'routing'
  #routeRuntime: RouteRuntime | undefined
  #cluster: ClusterRuntime | undefined
  #endpoint: Endpoint | undefined
  #hash: number | undefined
  #newCookies: string[] | undefined
  #upstreamStream: UpstreamStream | undefined
  #responseHeaders: HeaderBlock | undefined
  #routeDeadlineMs = 0
  #tryDeadlineMs = 0
  #retriesLeft = 0
  #retrying = false
  #retriedStale = false
  #backOff: Timer | undefined
  #requestEnded = false
  #sentAtMs = 0
  /** 0: not over. */
  #endMs = 0
  #waiting = false
  /** The upstream has ended its direction of the tunnel in good order. */
  #tunnelEnded = false
  /** Counted at the endpoint and the cluster. */
  #inFlight = false

  constructor(deps: ExchangeDeps, runtime: ManagerRuntime, connection: DownstreamConnection, stream: DownstreamStream) {
    const { head } = stream
    this.#deps = deps
    this.#runtime = runtime
    this.#stream = stream
    this.connection = connection
    this.method = head.method
    this.path = head.path
    this.authority = head.authority
    this.protocol = head.protocol
    this.upstreamPath = head.path
    this.startWallMs = deps.clock.now()
    this.#startMs = deps.clock.monotonicMs()
    runtime.activeRequests.count++
    runtime.activeRequests.total++
  }

  get manager(): ManagerRuntime['config'] {
    return this.#runtime.config
  }
  get accessLog(): readonly AccessLog[] {
    return this.#runtime.config.accessLog ?? []
  }
  get scheme(): 'http' | 'https' {
    // Where a stranger's header would not be trusted it has been overwritten.
    const forwarded = this.header('x-forwarded-proto')
    if (forwarded === 'http' || forwarded === 'https') return forwarded
    return this.connection.tls === undefined ? 'http' : 'https'
  }
  get clientAddress(): string {
    return clientAddress(this.#forwardedFor(), this.#runtime.config, this.connection)
  }
  #forwardedFor(): string | undefined {
    const { headers } = this.#stream.head
    return headers.get('x-forwarded-for') ?? headers.firstOrOriginal('x-forwarded-for')
  }
  get durationMs(): number {
    return (this.#endMs || this.#deps.clock.monotonicMs()) - this.#startMs
  }
  get cluster(): Cluster | undefined {
    return this.#cluster?.config
  }
  get endpoint(): LbEndpoint | undefined {
    return this.#endpoint?.config
  }
  get upstreamHost(): string | undefined {
    return this.#endpoint?.key
  }
  get grpcStatus(): string | undefined {
    return this.#responseHeaders?.first('grpc-status')
  }
  requestHeader(name: string): string | undefined {
    return this.#stream.head.headers.firstOrOriginal(name)
  }
  responseHeader(name: string): string | undefined {
    return this.#responseHeaders?.firstOrOriginal(name)
  }
  header(name: string): string | undefined {
    return this.#stream.head.headers.get(name)
  }

  /** Chooses the route and starts the first try, or answers at once. */
  start(): void {
    const { head } = this.#stream
    const { config } = this.#runtime
    this.requestId = prepareRequestHeaders(head.headers, config, this.connection, this.#deps.ids)
    const path = normalizePath(head.path, config)
    if (path === undefined) return this.#reply({ status: 400, body: '', flags: 0, details: 'path_normalization_failed' })
    this.upstreamPath = path
    const routes = this.#runtime.routes()
    const choice = routes?.table.choose(
      path === this.path
        ? this
        : { method: this.method, path, authority: this.authority, scheme: this.scheme, header: (name) => this.header(name) },
    )
    if (choice !== undefined && choice.kind !== 'no-virtual-host') this.virtualHost = choice.virtualHost
    if (this.virtualHost?.requireTls !== undefined && !this.#cameByTls()) return this.#redirectToTls()
    if (routes === undefined || choice?.kind !== 'matched')
      return this.#reply({ status: 404, body: '', flags: flag.NR, details: 'route_not_found' })
    this.route = choice.route
    this.#routeRuntime = routes.runtimeOf(choice.route)
    const { action } = choice.route
    if (action.kind === 'redirect') return this.#redirect(action)
    if (action.kind === 'direct-response') return this.#directResponse(action)
    this.#beginRoute(action)
  }

  setCookie(text: string): void {
    this.#newCookies ??= []
    this.#newCookies.push(text)
  }

  /** As the forwarding header tells it: TLS may have ended at a load balancer in front. */
  #cameByTls(): boolean {
    return this.header('x-forwarded-proto') === 'https'
  }

  /** Envoy redirects before it looks at routes, and keeps the authority as it came, a port included. No client counts as internal. */
  #redirectToTls(): void {
    const location = `https://${this.authority}${this.upstreamPath}`
    this.#reply({ status: 301, body: '', flags: 0, details: 'direct_response' }, ['location', location])
  }

  #redirect(action: Extract<Route['action'], { kind: 'redirect' }>): void {
    const location = redirectLocation(
      action,
      { method: this.method, path: this.upstreamPath, authority: this.authority, scheme: this.scheme, header: (name) => this.header(name) },
      this.#routeRuntime?.rewrite,
    )
    this.#reply({ status: action.responseCode ?? 301, body: '', flags: 0, details: 'direct_response' }, ['location', location])
  }

  #directResponse(action: Extract<Route['action'], { kind: 'direct-response' }>): void {
    const { body } = action
    const text =
      body === undefined
        ? ''
        : 'text' in body
          ? Buffer.from(body.text, 'utf8').toString('latin1')
          : Buffer.from(body.base64, 'base64').toString('latin1')
    this.#reply({ status: action.status, body: text, flags: 0, details: 'direct_response' })
  }

  #beginRoute(action: RouteAction): void {
    const { head } = this.#stream
    const { headers } = head
    if (!this.#chooseCluster(action)) return this.#reply({ status: 503, body: '', flags: flag.NC, details: 'cluster_not_found' })
    this.#rewriteRequest(headers, action)
    this.#hash = this.#routeRuntime?.hash?.(this)
    const refusal = this.#deps.filters.onRequest(this, headers)
    if (refusal !== undefined)
      return this.#reply({ status: refusal.status, body: refusal.body ?? '', flags: 0, details: refusal.details ?? 'filter_reply' })
    this.#deps.telemetry.onRequest?.(this, headers)
    if (head.expectContinue && this.#runtime.config.proxy100Continue !== true) {
      headers.remove('expect')
      this.#stream.sendInformational(100, undefined)
    }
    const timeoutMs = this.#routeRuntime?.timeoutMs ?? 0
    if (timeoutMs > 0) headers.set('x-envoy-expected-rq-timeout-ms', String(timeoutMs))
    this.#retriesLeft = this.#routeRuntime?.retry?.maxRetries ?? 0
    this.#try(false)
  }

  #chooseCluster({ target }: RouteAction): boolean {
    if (target.kind === 'weighted-clusters') this.weightedCluster = pickWeightedCluster(target.clusters, this.#deps.random.next())
    this.clusterName = target.kind === 'cluster' ? target.cluster : this.weightedCluster?.name
    this.#cluster = this.clusterName === undefined ? undefined : this.#deps.cluster(this.clusterName)
    return this.#cluster !== undefined
  }

  #rewriteRequest(headers: HeaderBlock, action: RouteAction): void {
    headers.removeKnown(peerMetadata)
    applyRequestMutations(headers, this.weightedCluster?.headers, this)
    applyRequestMutations(headers, this.#routeRuntime?.headers, this)
    const host = this.weightedCluster?.hostRewriteLiteral ?? action.hostRewriteLiteral
    if (host !== undefined) headers.set('host', host)
    const rewrite = this.#routeRuntime?.rewrite
    if (rewrite === undefined) return
    headers.set('x-envoy-original-path', this.path)
    this.upstreamPath = rewrite(this.upstreamPath)
  }

  #try(fresh: boolean): void {
    const { deps, cluster } = { deps: this.#deps, cluster: this.#cluster as ClusterRuntime }
    this.#state = 'trying'
    const startMs = deps.clock.monotonicMs()
    if (cluster.activeRequests >= cluster.maxRequests) return this.#overflow(cluster)
    const endpoint = this.#pickEndpoint(cluster)
    const attempt: Attempt = { host: endpoint?.key, startMs, status: undefined, failure: undefined }
    this.attempts.push(attempt)
    if (endpoint === undefined)
      return this.#reply({ status: 503, body: 'no healthy upstream', flags: flag.UH, details: 'no_healthy_upstream' })
    this.#endpoint = endpoint
    this.#inFlight = true
    endpoint.activeRequests++
    endpoint.requests++
    cluster.activeRequests++
    const perTryMs = this.#routeRuntime?.retry?.perTryTimeoutMs ?? 0
    if (perTryMs > 0) this.#setTryDeadline(startMs + perTryMs)
    this.#waiting = true
    const stream = deps.acquireStream(cluster, endpoint, this.#runtime, this, fresh)
    if (stream !== undefined) this.#send(stream)
  }

  #pickEndpoint(cluster: ClusterRuntime): Endpoint | undefined {
    const hash = this.#hash
    const retry = this.#routeRuntime?.retry
    let endpoint = this.#deps.pickEndpoint(cluster, this.connection, hash)
    if (this.attempts.length === 0 || !retry?.avoidsTriedHosts) return endpoint
    const isTried = ({ key }: Endpoint): boolean => this.attempts.some(({ host }) => host === key)
    for (let pick = 0; pick < retry.hostPicks && endpoint !== undefined; pick++) {
      if (!isTried(endpoint)) return endpoint
      endpoint = this.#deps.pickEndpoint(cluster, this.connection, hash)
    }
    // Envoy takes the last pick now. Least request likes an endpoint that died, for it has nothing to do: with two endpoints
    // one request in forty would meet the dead one three times.
    return endpoint !== undefined && isTried(endpoint) ? (cluster.pickExcept(isTried) ?? endpoint) : endpoint
  }

  #overflow(cluster: ClusterRuntime): void {
    cluster.overflows++
    const { body, details } = resetTextsOf('overflow', '')
    this.#reply({ status: 503, body, flags: flag.UO, details }, ['x-envoy-overloaded', 'true'])
  }

  onStreamReady(stream: UpstreamStream): void {
    if (this.#state !== 'trying') return stream.reset()
    this.#send(stream)
    if (!stream.flush()) this.#stream.pauseRequest()
    else this.#stream.resumeRequest()
  }

  /** Gathers what there is of the request; whoever handles the event flushes. */
  #send(stream: UpstreamStream): void {
    this.#waiting = false
    const { head } = this.#stream
    this.#upstreamStream = stream
    this.upstream = stream.info
    this.#cluster?.connected(this.#endpoint as Endpoint, false)
    if (this.virtualHost?.includeRequestAttemptCount) head.headers.set('x-envoy-attempt-count', String(this.attempts.length))
    const upgrade = this.#upgradeOf(head.upgrade)
    stream.sendHead(this.method, this.upstreamPath, head.headers, head.bodyLength, upgrade, this)
    this.#body?.replayInto(stream)
    if (this.#requestEnded && upgrade === '') this.#endUpstreamRequest(undefined, this.#deps.clock.monotonicMs())
  }

  #upgradeOf(asked: string): string {
    if (asked === '') return ''
    return this.#runtime.config.upgradeTypes?.some((type) => type.toLowerCase() === asked.toLowerCase()) ? asked : ''
  }

  onStreamFailed(reason: 'connection-failure' | 'connection-timeout' | 'overflow', details: string): void {
    this.#waiting = false
    if (reason === 'overflow') {
      this.#leaveEndpoint('overflow')
      return this.#overflow(this.#cluster as ClusterRuntime)
    }
    this.upstreamTransportFailureReason = details === '' ? undefined : details
    this.#tryFailed(reason, details, false)
  }

  onRequestBody(buffer: Buffer, start: number, end: number): void {
    this.bytesReceived += end - start
    const stream = this.#upstreamStream
    const keep = stream === undefined || this.#mayRetry()
    this.#body ??= new RequestBody(this.#deps.maxBufferedBytes)
    if (keep && this.#state !== 'done') this.#body.keep(buffer, start, end)
    if (stream !== undefined) {
      stream.sendBody(buffer, start, end)
      this.#body.trim()
    }
    if (stream === undefined && this.#body.full) this.#stream.pauseRequest()
  }

  onRequestEnd(trailers: HeaderBlock | undefined): void {
    this.#requestEnded = true
    const nowMs = this.#deps.clock.monotonicMs()
    this.requestDurationMs = nowMs - this.#startMs
    if (this.#state === 'done') return
    const timeoutMs = this.#routeRuntime?.timeoutMs ?? 0
    if (timeoutMs > 0) {
      this.#routeDeadlineMs = nowMs + timeoutMs
      this.#armDeadline()
    }
    if (this.#upstreamStream !== undefined) this.#endUpstreamRequest(trailers, nowMs)
  }

  #endUpstreamRequest(trailers: HeaderBlock | undefined, nowMs: number): void {
    this.#sentAtMs = nowMs
    this.#upstreamStream?.sendEnd(trailers)
  }

  onDownstreamReset(reason: 'connection-termination' | 'protocol-error'): void {
    if (this.#state === 'done') return
    if (reason === 'protocol-error' && this.#state !== 'answering' && this.#state !== 'tunnel') {
      return this.#reply({ status: 400, body: 'Bad Request', flags: flag.DPE, details: 'http1.codec_error' })
    }
    this.responseFlags |= reason === 'protocol-error' ? flag.DPE : this.#state === 'tunnel' ? 0 : flag.DC
    this.responseCodeDetails ??= reason === 'protocol-error' ? 'http1.codec_error' : 'downstream_remote_disconnect'
    this.#complete()
    this.#giveUpUpstream()
    if (reason === 'protocol-error') this.#stream.abort()
  }

  onDownstreamDrain(): void {
    this.#upstreamStream?.resumeResponse()
  }
  onUpstreamDrain(): void {
    this.#stream.resumeRequest()
  }
  flushUpstream(): void {
    const stream = this.#upstreamStream
    if (stream !== undefined && !stream.flush()) this.#stream.pauseRequest()
  }
  flushDownstream(): void {
    if (this.#state === 'done') return
    if (!this.#stream.flush()) this.#upstreamStream?.pauseResponse()
  }

  onInformational(status: number, headers: HeaderBlock): void {
    // 100 only to a client that waits for it; hints (103) pass; other interim answers have no meaning here.
    if (status === 103 || (status === 100 && this.#stream.head.expectContinue && this.#runtime.config.proxy100Continue))
      this.#stream.sendInformational(status, headers)
  }

  onResponseHead(status: number, reason: string, headers: HeaderBlock, length: number): void {
    this.#responseHeaders = headers
    const attempt = this.attempts.at(-1) as Attempt
    attempt.status = status
    this.#observeAnswer(status, headers)
    const retry = this.#routeRuntime?.retry
    if (retry !== undefined && !headers.has('x-envoy-overloaded') && retry.onStatus(status, headers.first('grpc-status')) && this.#retry())
      return
    const nowMs = this.#deps.clock.monotonicMs()
    this.responseDurationMs = nowMs - this.#startMs
    this.upstreamServiceTimeMs = nowMs - (this.#sentAtMs || attempt.startMs)
    this.#tryDeadlineMs = 0
    this.#state = 'answering'
    this.responseCode = status
    this.responseCodeDetails = 'via_upstream'
    if (!this.#prepareResponse(headers)) return
    this.#stream.sendHead(status, reason, headers, length, false)
  }

  /** @returns whether the answer may go on. */
  #prepareResponse(headers: HeaderBlock): boolean {
    for (const cookie of this.#newCookies ?? []) headers.append('set-cookie', cookie)
    if (prepareResponse(headers, this, this.#runtime, this.#deps, this.#routeRuntime?.headers)) return true
    this.#reply({ status: 500, body: '', flags: 0, details: filterFailed })
    return false
  }

  onResponseBody(buffer: Buffer, start: number, end: number): void {
    if (this.#state !== 'answering') return
    this.bytesSent += end - start
    this.#stream.sendBody(buffer, start, end)
  }

  onResponseEnd(trailers: HeaderBlock | undefined): void {
    const stream = this.#upstreamStream
    this.#upstreamStream = undefined
    if (this.#state !== 'answering') return
    this.#complete()
    // The answer came before the whole request did: the upload goes nowhere any more.
    if (!this.#requestEnded) stream?.reset()
    this.#stream.sendEnd(trailers)
  }

  onUpgraded(status: number, reason: string, headers: HeaderBlock): void {
    this.#responseHeaders = headers
    this.#observeAnswer(status, headers)
    this.#state = 'tunnel'
    this.responseCode = status
    this.responseCodeDetails = 'via_upstream'
    this.#routeDeadlineMs = 0
    this.#tryDeadlineMs = 0
    this.#armDeadline()
    if (!this.#prepareResponse(headers)) return
    this.#stream.sendHead(status, reason === '' ? 'Switching Protocols' : reason, headers, -2, false)
    this.#stream.startTunnel()
  }

  onTunnelData(buffer: Buffer, start: number, end: number): void {
    this.bytesReceived += end - start
    this.#upstreamStream?.sendBody(buffer, start, end)
  }
  onTunnelEnd(): void {
    this.#upstreamStream?.endTunnel()
  }
  onTunnelResponse(buffer: Buffer, start: number, end: number): void {
    this.bytesSent += end - start
    this.#stream.sendBody(buffer, start, end)
  }
  onTunnelResponseEnd(): void {
    this.#tunnelEnded = true
    this.#stream.endTunnel()
    this.#watchHalfTunnel()
  }

  /** A client that neither sends nor closes must not hold its connection for ever. */
  #watchHalfTunnel(): void {
    const { bytesReceived } = this
    const look = (): void => {
      if (this.bytesReceived !== bytesReceived) return this.#watchHalfTunnel()
      this.#giveUpUpstream()
      this.#complete()
      this.#stream.abort()
    }
    this.#deps.clock.setTimer(halfTunnelMs, () => guard(this.#deps.logger, 'half tunnel', look))
  }

  onUpstreamReset(reason: ResetReason, details: string): void {
    const stream = this.#upstreamStream
    this.#upstreamStream = undefined
    if (this.#state === 'tunnel' || this.#state === 'answering') {
      if (this.#state === 'answering') {
        this.responseFlags |= reason === 'protocol-error' ? flag.UPE : flag.UC
        this.#observeFailure(503)
      }
      this.responseCodeDetails = `upstream_reset_after_response_started{${reason.replaceAll('-', '_')}}`
      this.#complete()
      return this.#tunnelEnded ? undefined : this.#stream.abort()
    }
    if (this.#state !== 'trying') return
    if (this.#retryStale(stream, reason)) return
    this.#tryFailed(reason, details, true)
  }

  /** A pooled connection that the peer had closed meanwhile costs nobody anything: a safe request goes out once more. */
  #retryStale(stream: UpstreamStream | undefined, reason: ResetReason): boolean {
    const safe = this.method === 'GET' || this.method === 'HEAD' || this.method === 'OPTIONS'
    if (!stream?.reused || this.#retriedStale || reason !== 'connection-termination' || !safe || this.bytesReceived > 0) return false
    this.#retriedStale = true
    this.#leaveEndpoint('connection-termination')
    this.#try(true)
    this.flushUpstream()
    return true
  }

  #tryFailed(reason: ResetReason | 'per-try-timeout', details: string, sent: boolean): void {
    if (reason !== 'per-try-timeout') this.#observeFailure(503)
    else if (sent) this.#observeFailure(504)
    if (this.#routeRuntime?.retry?.onReset(reason, sent) && this.#retry(reason)) return
    this.#leaveEndpoint(reason)
    if (reason === 'per-try-timeout')
      return this.#reply({ status: 504, body: 'upstream request timeout', flags: flag.UT, details: 'upstream_per_try_timeout' })
    const { body, details: code } = resetTextsOf(reason, details)
    if (reason === 'protocol-error') return this.#reply({ status: 502, body, flags: flag.UPE, details: code })
    const connectFailed = reason === 'connection-failure' || reason === 'connection-timeout'
    this.#reply({ status: 503, body, flags: connectFailed ? flag.UF : flag.UC, details: code })
  }

  /** For outlier detection a gRPC answer that is all head counts by its gRPC status; one in trailers is not looked at, as in Envoy. */
  #observeAnswer(status: number, headers: HeaderBlock): void {
    const cluster = this.#cluster as ClusterRuntime
    const grpcStatus = cluster.detectsOutliers && this.#isGrpc() ? headers.first('grpc-status') : undefined
    cluster.answered(this.#endpoint as Endpoint, grpcStatus === undefined ? status : httpStatusOf(grpcStatus))
  }

  #observeFailure(status: 503 | 504): void {
    if (this.#endpoint !== undefined) this.#cluster?.failedLocally(this.#endpoint, status)
  }

  #isGrpc(): boolean {
    return this.header('content-type')?.startsWith('application/grpc') === true
  }

  #mayRetry(): boolean {
    return this.#retriesLeft > 0 && this.#body?.overflowed !== true
  }

  /** @returns whether another try was started. */
  // oxlint-disable-next-line complexity -- the order of the refusals is the rule
  #retry(failure = 'status'): boolean {
    if (this.#body?.overflowed) return false
    const retry = this.#routeRuntime?.retry
    if (retry === undefined || this.#retriesLeft <= 0) {
      if (retry !== undefined && retry.maxRetries > 0) this.responseFlags |= flag.URX
      return false
    }
    const cluster = this.#cluster as ClusterRuntime
    if (cluster.activeRetries >= cluster.maxRetries && !this.#retrying) {
      cluster.overflows++
      this.responseFlags |= flag.UO
      return false
    }
    if (!this.#retrying) {
      this.#retrying = true
      cluster.activeRetries++
    }
    this.#retriesLeft--
    const stream = this.#upstreamStream
    this.#upstreamStream = undefined
    this.#leaveEndpoint(failure)
    stream?.reset()
    this.#state = 'backing-off'
    const waitMs = retry.backOffMs(this.attempts.length, this.#deps.random.next())
    this.#backOff = this.#deps.clock.setTimer(waitMs, () => guard(this.#deps.logger, 'back-off', () => this.#tryAgain()))
    return true
  }

  #tryAgain(): void {
    if (this.#state !== 'backing-off') return
    this.#try(false)
    this.flushUpstream()
  }

  #leaveEndpoint(failure: string): void {
    const attempt = this.attempts.at(-1)
    if (attempt !== undefined && attempt.status === undefined) attempt.failure ??= failure
    this.#tryDeadlineMs = 0
    if (this.#endpoint === undefined || !this.#inFlight) return
    this.#inFlight = false
    if (this.#waiting) this.#deps.cancelStream(this.#endpoint, this)
    this.#waiting = false
    this.#endpoint.activeRequests--
    if (this.#cluster !== undefined) this.#cluster.activeRequests--
  }

  #setTryDeadline(deadlineMs: number): void {
    this.#tryDeadlineMs = deadlineMs
    this.#armDeadline()
  }

  #armDeadline(): void {
    const { deadlines } = this.#deps
    const route = this.#routeDeadlineMs
    const perTry = this.#tryDeadlineMs
    deadlines.set(this, route === 0 ? perTry : perTry === 0 ? route : Math.min(route, perTry))
  }

  onDeadline(nowMs: number): void {
    if (this.#state === 'done') return
    if (this.#routeDeadlineMs > 0 && nowMs >= this.#routeDeadlineMs) {
      if (this.#state === 'trying' && this.#upstreamStream !== undefined) this.#observeFailure(504)
      this.#giveUpUpstream()
      if (this.#state !== 'answering')
        return this.#reply({ status: 504, body: 'upstream request timeout', flags: flag.UT, details: 'response_timeout' })
      this.responseFlags |= flag.UT
      this.responseCodeDetails = 'response_timeout'
      this.#complete()
      return this.#stream.abort()
    }
    if (this.#tryDeadlineMs > 0 && nowMs >= this.#tryDeadlineMs && this.#state === 'trying') {
      const stream = this.#upstreamStream
      this.#upstreamStream = undefined
      stream?.reset()
      this.#tryFailed('per-try-timeout', '', stream !== undefined)
    }
    if (this.#routeDeadlineMs > 0) this.#armDeadline()
  }

  #giveUpUpstream(): void {
    const stream = this.#upstreamStream
    this.#upstreamStream = undefined
    stream?.reset()
    if (this.#waiting && this.#endpoint !== undefined) this.#deps.cancelStream(this.#endpoint, this)
    this.#waiting = false
  }

  #reply(reply: LocalReply, extra: readonly string[] = []): void {
    if (this.#state === 'done') return
    this.#giveUpUpstream()
    const { status, headers, body } = localReplyHeaders(reply, this.#isGrpc())
    for (let at = 0; at < extra.length; at += 2) headers.append(extra[at] as string, extra[at + 1] as string)
    applyResponseMutations(headers, this.#routeRuntime?.headers, this)
    headers.append('date', new Date(this.#deps.clock.now()).toUTCString())
    headers.append('server', this.#runtime.config.serverName ?? 'envoy')
    this.#responseHeaders = headers
    this.#deps.telemetry.onResponse?.(this, headers)
    this.responseCode = status
    this.responseFlags |= reply.flags
    this.responseCodeDetails = reply.details
    this.bytesSent = body.length
    this.#complete()
    this.#stream.sendHead(status, reasonPhrase(status), headers, body.length, false)
    if (this.method !== 'HEAD') this.#stream.sendText(body)
    this.#stream.sendEnd(undefined)
  }

  #complete(): void {
    if (this.#state === 'done') return
    if (this.#endpoint !== undefined && this.#inFlight) this.#leaveEndpoint('')
    this.#state = 'done'
    this.#backOff?.cancel()
    if (this.#retrying && this.#cluster !== undefined) this.#cluster.activeRetries--
    if (this.heapIndex >= 0) this.#deps.deadlines.remove(this)
    this.#runtime.activeRequests.count--
    this.#endMs = this.#deps.clock.monotonicMs()
    this.#deps.telemetry.onRequestComplete(this)
  }
}
