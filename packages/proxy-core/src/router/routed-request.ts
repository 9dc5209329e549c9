/**
 * The first part of a request's way: what the connection manager does to its head, the route, the filters of that route,
 * and what the route makes of it: a local answer, or a request for a cluster. `Exchange` goes on from there.
 */
import type { Route, RouteAction, RouteRequest } from '@heddle/routing'
import { isRedirectedPath, normalizePath, pickWeightedCluster, redirectLocation, withoutPort } from '@heddle/routing'
import type { ClusterRuntime } from '../cluster/cluster-runtime.js'
import type { DownstreamStream } from '../codec/stream.js'
import type { DownstreamConnection } from '../decision-record.js'
import type { Endpoint } from '../endpoint/endpoint.js'
import { prepareRequestHeaders } from '../filters/forwarding-headers.js'
import { RouteFilters } from '../filters/route-filters.js'
import type { Hash64 } from '../message/xxhash64.js'
import type { ExchangeDeps, ManagerRuntime } from './exchange-deps.js'
import { ExchangeRecord } from './exchange-record.js'
import { localReplies, type LocalReply, redirectReply } from './local-reply.js'
import { callTimeoutMs, streamDurationMs } from './grpc-timeout.js'
import { allowedUpgrade, prepareRequest } from './request-headers.js'
import { pickUntried } from './retries.js'
import type { RouteRuntime } from './route-set.js'

export abstract class RoutedRequest extends ExchangeRecord {
  protected readonly stream: DownstreamStream
  protected routeRuntime: RouteRuntime | undefined
  /** Of a route that configures some. */
  protected routeFilters: RouteFilters | undefined
  #hash: Hash64 | undefined

  constructor(deps: ExchangeDeps, runtime: ManagerRuntime, connection: DownstreamConnection, stream: DownstreamStream) {
    super(deps, runtime, connection, stream.head)
    this.stream = stream
  }

  /** From the end of the request to that of the answer; 0: none. */
  protected timeoutMs = 0

  /** Ends the request with an answer of the engine's own. */
  protected abstract reply(reply: LocalReply): void
  /** The cluster is known and the head is as it goes upstream. */
  protected abstract forward(): void
  /** @param deadlineMs of the whole request, on the monotonic clock. */
  protected abstract limitStream(deadlineMs: number): void
  /** A filter that had paused the request has let it go, or has answered. */
  protected abstract resumed(): void

  /** The protocol that the request may become a tunnel of; empty: none. */
  get upgrade(): string {
    return allowedUpgrade(this.stream.head.upgrade, this)
  }

  /** Chooses the route and starts the first try, or answers at once. */
  start(): void {
    const { config } = this.runtime
    this.requestId = prepareRequestHeaders(this.stream.head.headers, config, this.connection, this.deps.ids)
    if (this.#isMisdirected()) return this.reply(localReplies.misdirected)
    if (this.path === '') return this.#chooseRoute('')
    const path = normalizePath(this.path, config)
    if (path === undefined) return this.reply(localReplies.pathRefused)
    this.upstreamPath = path
    if (path !== this.path && isRedirectedPath(this.path, config)) return this.reply(redirectReply(307, path))
    this.#chooseRoute(path)
  }

  /** Only where server names choose among certificates, and another one was asked for than by TLS. */
  #isMisdirected(): boolean {
    const { tls, filterChain } = this.connection
    if (tls === undefined || filterChain?.match?.serverNames === undefined) return false
    const host = withoutPort(this.authority).toLowerCase()
    return host !== this.connection.requestedServerName && this.deps.isMisdirected(this.connection, host)
  }

  #chooseRoute(path: string): void {
    const routes = this.runtime.routes()
    const choice = routes?.table.choose(path === this.path ? this : this.#routedAs(path))
    if (choice !== undefined && choice.kind !== 'no-virtual-host') this.virtualHost = choice.virtualHost
    // Envoy redirects before it looks at routes, and keeps the authority as it came, a port included. No client counts as internal.
    if (this.virtualHost?.requireTls !== undefined && this.header('x-forwarded-proto') !== 'https')
      return this.reply(redirectReply(301, `https://${this.authority}${path}`))
    if (routes === undefined || choice?.kind !== 'matched') return this.reply(localReplies.noRoute)
    this.route = choice.route
    this.routeRuntime = routes.runtimeOf(choice.route)
    const { filters } = this.routeRuntime
    if (filters === undefined) return this.#act(choice.route)
    const { routeFilters, activeFaults } = this.runtime
    this.routeFilters = new RouteFilters(routeFilters, filters, this, activeFaults, this.deps)
    this.#passFilters(this.routeFilters, choice.route)
  }

  #passFilters(filters: RouteFilters, route: Route): void {
    const outcome = filters.run(() => {
      this.#passFilters(filters, route)
      this.resumed()
    })
    if (outcome === undefined) this.#act(route)
    else if (outcome !== 'paused') this.reply(outcome)
  }

  #act({ action }: Route): void {
    if (action.kind === 'redirect') this.#redirect(action)
    else if (action.kind === 'direct-response') this.reply(this.routeRuntime?.directReply as LocalReply)
    else this.#forwardTo(action)
  }

  #routedAs(path: string): RouteRequest {
    return { method: this.method, path, authority: this.authority, scheme: this.scheme, header: (name) => this.header(name) }
  }

  #redirect(action: Extract<Route['action'], { kind: 'redirect' }>): void {
    const location = redirectLocation(action, this.#routedAs(this.upstreamPath), this.routeRuntime?.rewrite)
    this.reply(redirectReply(action.responseCode ?? 301, location))
  }

  #forwardTo(action: RouteAction): void {
    const { headers } = this.stream.head
    if (this.#asksForTunnel && this.upgrade === '') return this.reply(localReplies.connectRefused)
    if (!this.#chooseCluster(action)) return this.reply(localReplies.noCluster)
    const route = this.routeRuntime as RouteRuntime
    this.upstreamPath = prepareRequest(headers, this, action, route)
    const refusal = this.deps.filters.onRequest(this, headers)
    if (refusal !== undefined) return this.reply(refusal)
    this.deps.telemetry.onRequest?.(this, headers)
    this.#takeTimeouts(action, route.timeoutMs)
    if (this.timeoutMs > 0) headers.set('x-envoy-expected-rq-timeout-ms', String(this.timeoutMs))
    this.#hash = route.hash?.(this)
    this.forward()
  }

  /** Over HTTP/2 every upgrade is asked for with CONNECT (RFC 8441). */
  get #asksForTunnel(): boolean {
    return this.method === 'CONNECT' || (this.protocol === 'HTTP/2' && this.stream.head.upgrade !== '')
  }

  #takeTimeouts(action: RouteAction, routeTimeoutMs: number): void {
    this.timeoutMs = routeTimeoutMs
    const isGrpc = this.isGrpc
    if (!isGrpc && action.maxStreamDuration === undefined) return
    const header = isGrpc ? this.header('grpc-timeout') : undefined
    if (isGrpc) this.timeoutMs = callTimeoutMs(action, routeTimeoutMs, header)
    const durationMs = streamDurationMs(action, isGrpc, header)
    if (durationMs > 0) this.limitStream(this.startMs + durationMs)
  }

  #chooseCluster({ target }: RouteAction): boolean {
    if (target.kind === 'weighted-clusters') this.weightedCluster = pickWeightedCluster(target.clusters, this.deps.random.next())
    this.clusterName = target.kind === 'cluster' ? target.cluster : this.weightedCluster?.name
    this.clusterRuntime = this.clusterName === undefined ? undefined : this.deps.cluster(this.clusterName)
    return this.clusterRuntime !== undefined
  }

  protected pickEndpoint(cluster: ClusterRuntime): Endpoint | undefined {
    const retry = this.routeRuntime?.retry
    const pick = (): Endpoint | undefined => this.deps.pickEndpoint(cluster, this.connection, this.#hash)
    const isFirst = this.attempts.length === 0 || !retry?.avoidsTriedHosts
    const endpoint = isFirst ? pick() : pickUntried(cluster, this.attempts, retry.hostPicks, pick)
    // As Envoy's auto_host_rewrite: endpoints of DNS clusters are known by their names.
    if (this.routeRuntime?.rewritesHost && endpoint?.config.hostname) this.stream.head.headers.set('host', endpoint.config.hostname)
    return endpoint
  }
}
