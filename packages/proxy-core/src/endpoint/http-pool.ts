/**
 * The HTTP/1.1 connections to one endpoint. The one that became idle last is used first (its socket is warm, and surplus
 * ones age out); a request that finds none waits for a new connection or for the next one that is given back.
 */
import type { UpstreamStream } from '../codec/stream.js'
import type { Http1ClientConnection } from '../codec/http1/client-connection.js'
import type { PeerIdentity, TlsInfo } from '../decision-record.js'
import { type DeadlineEntry, type DeadlineQueue } from '../deadline-queue.js'
import type { Channel } from '../transport/channel.js'
import type { ConnectListener } from '../transport/connector.js'
import { peerCheckMs } from '../peer-check.js'
import type { Endpoint } from './endpoint.js'

export interface StreamWaiter {
  /** Of the request as it goes upstream: some clusters take the server's name from it. */
  readonly upstreamAuthority: string
  /** Whether it wants a connection for itself, for bytes as they are, and no HTTP. */
  readonly opensTunnel?: boolean
  onStreamReady(stream: UpstreamStream): void
  onStreamFailed(reason: 'connection-failure' | 'connection-timeout' | 'overflow', details: string): void
}

/** What the pool needs from outside; the data path wires it. */
export interface PoolDeps {
  readonly deadlines: DeadlineQueue
  monotonicMs(): number
  /** Whether a verified peer would be accepted again. */
  isTrusted(peer: PeerIdentity | undefined): boolean
  /** Starts a connection. @returns the way to give up. */
  dial(listener: ConnectListener): () => void
  createConnection(channel: Channel, tls: TlsInfo | undefined, pool: HttpPool): Http1ClientConnection
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
  idle = false
  /** When it has been idle for too long. */
  idleUntilMs = Infinity
  /** When its peer is looked at again; never where nobody was verified. */
  checkMs = Infinity
  trusted = true
  readonly connection: Http1ClientConnection
  readonly #deps: PoolDeps
  constructor(connection: Http1ClientConnection, deps: PoolDeps) {
    this.connection = connection
    this.#deps = deps
  }

  /** Starts to look after the peer. */
  watchPeer(): void {
    this.checkMs = this.#deps.monotonicMs() + peerCheckMs
    this.#deps.deadlines.set(this, this.checkMs)
  }

  onDeadline(nowMs: number): void {
    if (this.idle && nowMs >= this.idleUntilMs) return this.connection.close()
    if (nowMs >= this.checkMs) this.#checkPeer(nowMs)
    const nextMs = this.idle ? Math.min(this.idleUntilMs, this.checkMs) : this.checkMs
    if (!this.connection.closed && nextMs < Infinity) this.#deps.deadlines.set(this, nextMs)
  }

  /** Certificates end and roots are replaced while connections live. What runs may end first, but not for ever. */
  #checkPeer(nowMs: number): void {
    this.checkMs = nowMs + peerCheckMs
    if (this.#deps.isTrusted(this.connection.info.tls?.peer)) return
    if (this.idle) this.connection.close()
    else if (!this.trusted) this.connection.breakOff('the peer is no longer trusted')
    this.trusted = false
  }
}

export class HttpPool {
  readonly #endpoint: Endpoint
  readonly #deps: PoolDeps
  readonly #idle: PooledConnection[] = []
  readonly #waiters: StreamWaiter[] = []
  readonly #all = new Map<Http1ClientConnection, PooledConnection>()
  readonly #dialing = new Set<() => void>()
  #draining = false

  constructor(endpoint: Endpoint, deps: PoolDeps) {
    this.#endpoint = endpoint
    this.#deps = deps
  }

  /** @returns a stream at once when a connection is idle; otherwise the waiter is called later. */
  acquire(waiter: StreamWaiter, fresh: boolean): UpstreamStream | undefined {
    while (!fresh && this.#idle.length > 0) {
      const pooled = this.#idle.pop() as PooledConnection
      pooled.idle = false
      if (!pooled.connection.closed) return pooled.connection
    }
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
    if (fresh && this.#dialing.size === 0) this.#idle[0]?.connection.close()
    return undefined
  }

  cancel(waiter: StreamWaiter): void {
    const at = this.#waiters.indexOf(waiter)
    if (at < 0) return
    this.#waiters.splice(at, 1)
    this.#deps.cluster.pendingRequests--
  }

  /** A connection for each waiter as far as the breaker lets; every pool may have one. Beyond, they wait for those that are given back. */
  dialAsNeeded(): void {
    const { cluster } = this.#deps
    while (this.#dialing.size < this.#waiters.length) {
      const isFirst = this.#all.size + this.#dialing.size === 0
      if (!isFirst && cluster.activeConnections >= cluster.maxConnections) return
      this.#dial()
    }
  }

  onReusable(connection: Http1ClientConnection): void {
    const pooled = this.#all.get(connection)
    if (pooled === undefined) return
    const { cluster, deadlines } = this.#deps
    const { maxRequestsPerConnection, poolIdleMs } = cluster
    if (maxRequestsPerConnection > 0 && connection.info.requestCount >= maxRequestsPerConnection) return connection.close()
    if (!pooled.trusted) return connection.close()
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) {
      cluster.pendingRequests--
      return waiter.onStreamReady(connection)
    }
    if (this.#draining) return connection.close()
    pooled.idle = true
    this.#idle.push(pooled)
    if (poolIdleMs === 0) return
    pooled.idleUntilMs = this.#deps.monotonicMs() + poolIdleMs
    deadlines.set(pooled, Math.min(pooled.idleUntilMs, pooled.checkMs))
  }

  onConnectionClosed(connection: Http1ClientConnection): void {
    const pooled = this.#all.get(connection)
    if (pooled === undefined) return
    this.#all.delete(connection)
    this.#deps.deadlines.remove(pooled)
    const at = pooled.idle ? this.#idle.lastIndexOf(pooled) : -1
    if (at >= 0) this.#idle.splice(at, 1)
    this.#endpoint.activeConnections--
    this.#deps.cluster.connectionGone()
    this.dialAsNeeded()
    this.#tellUnused()
  }

  /** Ends idle connections now and the others after their exchange. */
  drain(): void {
    this.#draining = true
    for (const pooled of this.#idle.splice(0)) pooled.connection.close()
  }

  close(): void {
    this.drain()
    for (const cancel of this.#dialing) cancel()
    this.#dialing.clear()
    for (const connection of this.#all.keys()) connection.reset()
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
        if (tls?.peer !== undefined) pooled.watchPeer()
        channel.handler = connection
        this.onReusable(connection)
      },
      onConnectFailed: (reason, details) => {
        this.#dialing.delete(cancel)
        endpoint.activeConnections--
        // As in Envoy all that wait fail together, so that each may try another endpoint.
        const waiters = this.#waiters.splice(0)
        deps.cluster.pendingRequests -= waiters.length
        deps.cluster.connectionGone()
        for (const waiter of waiters) waiter.onStreamFailed(reason, details)
        this.#tellUnused()
      },
    })
    this.#dialing.add(cancel)
  }
}
