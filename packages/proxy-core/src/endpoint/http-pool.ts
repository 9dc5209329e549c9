/**
 * The HTTP connections to one endpoint. The one that became free last is used first (its socket is warm, and surplus ones
 * age out); over HTTP/2 that is one connection until it carries all the streams that it may. A request that finds none
 * waits for a new connection or for the next stream that is free.
 */
import type { UpstreamStream } from '../codec/stream.js'
import type { DownstreamConnection, PeerIdentity, TlsInfo, UpstreamConnectionInfo } from '../decision-record.js'
import { type DeadlineEntry, type DeadlineQueue } from '../deadline-queue.js'
import type { Channel, ChannelHandler } from '../transport/channel.js'
import type { ConnectListener } from '../transport/connector.js'
import type { PeerTrust } from '../transport/live-trust.js'
import { peerCheckMs, peerGraceMs } from '../peer-check.js'
import type { Endpoint } from './endpoint.js'

export interface StreamWaiter {
  /** That the client speaks: some clusters speak it, too. */
  readonly protocol?: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2'
  /** Of the request as it goes upstream: some clusters take the server's name from it. */
  readonly upstreamAuthority: string
  /** Whose request it is: some endpoints are told the client by a header of the connection. */
  readonly connection: DownstreamConnection
  /** Whether it wants a connection for itself, for bytes as they are, and no HTTP. */
  readonly opensTunnel?: boolean
  onStreamReady(stream: UpstreamStream): void
  onStreamFailed(reason: 'connection-failure' | 'connection-timeout' | 'overflow', details: string): void
}

/** A connection as the pool sees it. HTTP/1.1 has one stream at a time. */
export interface ClientConnection extends ChannelHandler {
  readonly info: UpstreamConnectionInfo
  readonly closed: boolean
  /** Streams that may be opened now. */
  readonly available: number
  readonly activeStreams: number
  createStream(): UpstreamStream
  /** Takes no new streams, and ends with the last one. */
  retire(): void
  /** Ends at once, under its exchanges, as if the peer had. */
  breakOff(details: string): void
}

/** What the pool needs from outside; the data path wires it. */
export interface PoolDeps {
  readonly deadlines: DeadlineQueue
  monotonicMs(): number
  /** Whether a verified peer would be accepted again. */
  trustIn(peer: PeerIdentity | undefined): PeerTrust
  /** Starts a connection. @returns the way to give up. */
  dial(listener: ConnectListener): () => void
  createConnection(channel: Channel, tls: TlsInfo | undefined, pool: HttpPool): ClientConnection
  /** Streams that a new connection is expected to carry at a time. */
  readonly expectedStreams: number
  readonly cluster: PoolCluster
  /** Nothing holds the pool any more: no connection, no request. */
  onUnused?(): void
}

/** The cluster's breakers and settings as they are now, shared by the pools of its endpoints. */
export interface PoolCluster {
  readonly maxConnections: number
  readonly maxPending: number
  readonly poolIdleMs: number
  /** 0: no limit. */
  readonly maxRequestsPerConnection: number
  /** 0: no limit. */
  readonly maxConnectionDurationMs: number
  activeConnections: number
  /** Requests that wait for a connection. */
  pendingRequests: number
  /** A connection is gone: another pool may want its place. */
  connectionGone(): void
}

class PooledConnection implements DeadlineEntry {
  heapIndex = -1
  dueMs = 0
  deadlineMs = 0
  /** Among those that have streams to give. */
  ready = false
  /** When it has been idle for too long. */
  idleUntilMs = Infinity
  /** When its peer is looked at again; never where nobody was verified. */
  checkMs = Infinity
  /** When it takes no new requests any more. */
  usedUpMs = Infinity
  /** Another connection takes its place. */
  isLeaving = false
  /** When the peer was found to be trusted no longer. */
  distrustedSinceMs = Infinity
  readonly connection: ClientConnection
  readonly #deps: PoolDeps
  constructor(connection: ClientConnection, deps: PoolDeps) {
    this.connection = connection
    this.#deps = deps
  }

  get isIdle(): boolean {
    return this.connection.activeStreams === 0
  }

  /** Starts to look after the peer, and after its age. */
  watch(): void {
    const nowMs = this.#deps.monotonicMs()
    const { maxConnectionDurationMs } = this.#deps.cluster
    if (maxConnectionDurationMs > 0) this.usedUpMs = nowMs + maxConnectionDurationMs
    if (this.connection.info.tls?.peer !== undefined) this.checkMs = nowMs + peerCheckMs
    if (this.nextMs < Infinity) this.#deps.deadlines.set(this, this.nextMs)
  }

  /** When it is looked at again. */
  get nextMs(): number {
    return Math.min(this.isIdle ? this.idleUntilMs : Infinity, this.checkMs, this.usedUpMs)
  }

  onDeadline(nowMs: number): void {
    if (this.isIdle && nowMs >= this.idleUntilMs) return this.connection.retire()
    if (nowMs >= this.usedUpMs) this.#retire()
    if (nowMs >= this.checkMs) this.#checkPeer(nowMs)
    if (!this.connection.closed && this.nextMs < Infinity) this.#deps.deadlines.set(this, this.nextMs)
  }

  /** Certificates end and roots are replaced while connections live. What runs may end first, but not for ever. */
  #checkPeer(nowMs: number): void {
    this.checkMs = nowMs + peerCheckMs
    const trust = this.#deps.trustIn(this.connection.info.tls?.peer)
    if (trust === 'trusted') return
    if (trust === 'denied' || nowMs - this.distrustedSinceMs >= peerGraceMs)
      return this.connection.breakOff('the peer is no longer trusted')
    if (trust === 'untrusted') this.distrustedSinceMs = Math.min(this.distrustedSinceMs, nowMs)
    this.#retire()
  }

  #retire(): void {
    this.usedUpMs = Infinity
    this.isLeaving = true
    this.connection.retire()
  }
}

export class HttpPool {
  readonly #endpoint: Endpoint
  readonly #deps: PoolDeps
  readonly #ready: PooledConnection[] = []
  readonly #waiters: StreamWaiter[] = []
  readonly #all = new Map<ClientConnection, PooledConnection>()
  readonly #dialing = new Set<() => void>()
  /** A connection whose peer takes no streams now. */
  #barren: PooledConnection | undefined
  #draining = false
  /** Streams that the peer took on a connection when it last said so: no more are opened on a new one before it has. */
  likelyStreams: number = Infinity

  constructor(endpoint: Endpoint, deps: PoolDeps) {
    this.#endpoint = endpoint
    this.#deps = deps
  }

  /** @param fresh on a connection that was not used before. @returns a stream at once when there is one; otherwise the waiter is called later. */
  acquire(waiter: StreamWaiter, fresh: boolean): UpstreamStream | undefined {
    const stream = this.#take(fresh)
    if (stream !== undefined) return stream
    const { cluster } = this.#deps
    if (cluster.pendingRequests >= cluster.maxPending) {
      waiter.onStreamFailed('overflow', '')
      this.#tellUnused()
      return undefined
    }
    this.#waiters.push(waiter)
    cluster.pendingRequests++
    this.dialAsNeeded()
    // No place for a fresh connection: an idle one makes room, or the request would wait for what nobody uses.
    if (fresh && this.#dialing.size === 0) this.#ready[0]?.connection.retire()
    return undefined
  }

  #take(fresh: boolean): UpstreamStream | undefined {
    for (let pooled = this.#ready.at(-1); pooled !== undefined; pooled = this.#ready.at(-1)) {
      const { connection } = pooled
      const { available } = connection
      // One that carries many streams is alive; only an idle one may have been closed by its peer meanwhile.
      if (fresh && connection.activeStreams === 0 && !connection.closed) return undefined
      if (available <= 1) {
        this.#ready.pop()
        pooled.ready = false
      }
      if (available > 0) return connection.createStream()
    }
    return undefined
  }

  cancel(waiter: StreamWaiter): void {
    const at = this.#waiters.indexOf(waiter)
    if (at < 0) return
    this.#waiters.splice(at, 1)
    this.#deps.cluster.pendingRequests--
  }

  /** A connection for as many waiters as it is expected to carry, as far as the breaker lets; every pool may have one. Beyond, they wait for streams that are given back. */
  dialAsNeeded(): void {
    const { cluster } = this.#deps
    const expectedStreams = Math.min(this.#deps.expectedStreams, this.likelyStreams)
    while (this.#dialing.size * expectedStreams < this.#waiters.length) {
      const isFirst = this.#all.size + this.#dialing.size === 0
      // The place of a connection that serves nobody is free as soon as it has ended.
      if (!isFirst && cluster.activeConnections >= cluster.maxConnections) return this.#retireBarren()
      this.#dial()
    }
  }

  /** A peer of HTTP/2 has said how many streams it takes. None at all is meant for a short time (RFC 9113 section 6.5.2) and says nothing of other connections. */
  onStreamsSettled(streams: number): void {
    if (streams > 0) this.likelyStreams = streams
  }

  /** Something about a connection's streams has changed: one has ended, or there may be more. */
  onStreamsChanged(connection: ClientConnection): void {
    const pooled = this.#all.get(connection)
    if (pooled === undefined || connection.closed) return
    const { cluster } = this.#deps
    const { maxRequestsPerConnection } = cluster
    const isUsedUp = maxRequestsPerConnection > 0 && connection.info.requestCount >= maxRequestsPerConnection
    if (isUsedUp || pooled.isLeaving) return connection.retire()
    while (this.#waiters.length > 0 && connection.available > 0) {
      const waiter = this.#waiters.shift() as StreamWaiter
      cluster.pendingRequests--
      waiter.onStreamReady(connection.createStream())
    }
    if (this.#draining) return connection.retire()
    if (!pooled.ready && connection.available > 0) {
      pooled.ready = true
      this.#ready.push(pooled)
    }
    if (connection.activeStreams > 0) return
    this.#beginIdle(pooled)
    if (connection.available === 0 && !connection.closed) this.#keepBarren(pooled)
  }

  /**
   * The peer takes no streams. One such connection is kept, since the peer may change its mind; requests that come get
   * another one. Those that wait and have no other to wait for fail as if there was none, so that each may try elsewhere.
   */
  #keepBarren(pooled: PooledConnection): void {
    if (this.#barren !== pooled) this.#retireBarren()
    this.#barren = pooled
    if (this.#dialing.size > 0 || this.#all.size > 1) return
    for (const waiter of this.#takeWaiters()) waiter.onStreamFailed('connection-failure', 'the upstream takes no streams')
  }

  /** Unless its peer has changed its mind. */
  #retireBarren(): void {
    const connection = this.#barren?.connection
    this.#barren = undefined
    if (connection !== undefined && connection.available === 0 && connection.activeStreams === 0) connection.retire()
  }

  #takeWaiters(): readonly StreamWaiter[] {
    const waiters = this.#waiters.splice(0)
    this.#deps.cluster.pendingRequests -= waiters.length
    return waiters
  }

  #beginIdle(pooled: PooledConnection): void {
    const { cluster, deadlines } = this.#deps
    if (cluster.poolIdleMs === 0) return
    pooled.idleUntilMs = this.#deps.monotonicMs() + cluster.poolIdleMs
    deadlines.set(pooled, pooled.nextMs)
  }

  onConnectionClosed(connection: ClientConnection): void {
    const pooled = this.#all.get(connection)
    if (pooled === undefined) return
    this.#all.delete(connection)
    if (this.#barren === pooled) this.#barren = undefined
    this.#deps.deadlines.remove(pooled)
    const at = pooled.ready ? this.#ready.lastIndexOf(pooled) : -1
    if (at >= 0) this.#ready.splice(at, 1)
    this.#endpoint.activeConnections--
    this.#deps.cluster.connectionGone()
    this.dialAsNeeded()
    this.#tellUnused()
  }

  /** Ends idle connections now and the others after their exchanges. */
  drain(): void {
    this.#draining = true
    for (const pooled of this.#ready.splice(0)) {
      pooled.ready = false
      pooled.connection.retire()
    }
  }

  close(): void {
    this.drain()
    for (const cancel of this.#dialing) cancel()
    this.#dialing.clear()
    for (const connection of this.#all.keys()) connection.breakOff('the pool is closed')
  }

  #tellUnused(): void {
    if (this.#all.size + this.#dialing.size + this.#waiters.length === 0) this.#deps.onUnused?.()
  }

  #dial(): void {
    const { deps, endpoint } = { deps: this.#deps, endpoint: this.#endpoint }
    endpoint.activeConnections++
    deps.cluster.activeConnections++
    const cancel = deps.dial({
      onConnected: (channel, tls) => {
        this.#dialing.delete(cancel)
        const connection = deps.createConnection(channel, tls, this)
        const pooled = new PooledConnection(connection, deps)
        this.#all.set(connection, pooled)
        pooled.watch()
        channel.handler = connection
        this.onStreamsChanged(connection)
      },
      onConnectFailed: (reason, details) => {
        this.#dialing.delete(cancel)
        endpoint.activeConnections--
        // As in Envoy all that wait fail together, so that each may try another endpoint.
        const waiters = this.#takeWaiters()
        deps.cluster.connectionGone()
        for (const waiter of waiters) waiter.onStreamFailed(reason, details)
        this.#tellUnused()
      },
    })
    this.#dialing.add(cancel)
  }
}
