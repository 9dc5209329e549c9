/**
 * Opaque bytes both ways (Envoy's tcp_proxy): pick a cluster and an endpoint, connect, then copy with back-pressure. Each
 * direction ends by itself (half close), and the session when both have.
 */
import type { AccessLog, Cluster, LbEndpoint, TcpProxy } from '@heddle/routing'
import { pickWeightedCluster } from '@heddle/routing'
import type { ClusterRuntime } from '../cluster/cluster-runtime.js'
import type { DeadlineEntry } from '../deadline-queue.js'
import type { ConnectionRecord, DownstreamConnection, TlsInfo, UpstreamConnectionInfo } from '../decision-record.js'
import type { Endpoint } from '../endpoint/endpoint.js'
import { type Hash64, xxHash64 } from '../message/xxhash64.js'
import { responseFlagBits as flag } from '../response-flag.js'
import type { Channel, ChannelHandler } from '../transport/channel.js'
import type { ConnectListener } from '../transport/connector.js'
import type { ConnectionDeps } from './connection-deps.js'
import { sayFarewell } from './farewell.js'
import { maxHeldBytes } from './limits.js'

const defaultIdleMs = 3_600_000

export class TcpSession implements ChannelHandler, ConnectListener, ConnectionRecord, DeadlineEntry {
  readonly kind = 'connection'
  readonly #deps: ConnectionDeps
  readonly #downstream: Channel
  readonly #proxy: TcpProxy
  readonly #onGone: () => void
  readonly connection: DownstreamConnection
  readonly accessLog: readonly AccessLog[]
  readonly startWallMs: number
  readonly #startMs: number
  #cluster: ClusterRuntime | undefined
  #endpoint: Endpoint | undefined
  #upstream: Channel | undefined
  #cancelConnect: (() => void) | undefined
  #held: Buffer[] = []
  #heldBytes = 0
  #downstreamEnded = false
  #done = false
  #attempts = 0
  /** Counted at the endpoint and the cluster. */
  #isCounted = false
  #hash: Hash64 | undefined
  /** When the connection ends whatever happens. */
  #endsAtMs = Infinity
  clusterName: string | undefined = undefined
  upstream: UpstreamConnectionInfo | undefined = undefined
  responseFlags = 0
  responseCodeDetails: string | undefined = undefined
  connectionTerminationDetails: string | undefined = undefined
  upstreamTransportFailureReason: string | undefined = undefined
  bytesReceived = 0
  bytesSent = 0
  telemetryState: unknown = undefined
  heapIndex = -1
  dueMs = 0
  deadlineMs = 0

  constructor(deps: ConnectionDeps, connection: DownstreamConnection, channel: Channel, proxy: TcpProxy, onGone: () => void) {
    this.#deps = deps
    this.#downstream = channel
    this.#proxy = proxy
    this.#onGone = onGone
    this.connection = connection
    this.accessLog = proxy.accessLog ?? []
    this.startWallMs = deps.exchange.clock.now()
    this.#startMs = deps.exchange.clock.monotonicMs()
  }

  get statPrefix(): string {
    return this.#proxy.statPrefix
  }
  get durationMs(): number {
    return this.#deps.exchange.clock.monotonicMs() - this.#startMs
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

  start(): void {
    const { exchange } = this.#deps
    const { target } = this.#proxy
    this.#downstream.handler = this
    this.clusterName = target.kind === 'cluster' ? target.cluster : pickWeightedCluster(target.clusters, exchange.random.next())?.name
    const cluster = this.clusterName === undefined ? undefined : exchange.cluster(this.clusterName)
    if (cluster === undefined) return this.#refuse(flag.NC, 'cluster_not_found')
    this.#cluster = cluster
    const { maxConnectionDurationMs = 0, hashesSourceIp } = this.#proxy
    if (maxConnectionDurationMs > 0) this.#endsAtMs = this.#startMs + maxConnectionDurationMs
    if (hashesSourceIp === true) this.#hash = xxHash64(this.connection.remoteAddress)
    this.#touch()
    this.#connect(cluster)
  }

  /** To an endpoint that has not just failed, if there is any. */
  #connect(cluster: ClusterRuntime): void {
    if (cluster.activeConnections >= cluster.maxConnections) return this.#refuse(flag.UO, 'overflow')
    this.#attempts++
    const endpoint = this.#pickEndpoint(cluster)
    if (endpoint === undefined) return this.#refuse(flag.UH, 'no_healthy_upstream')
    this.#endpoint = endpoint
    this.#isCounted = true
    endpoint.activeConnections++
    endpoint.requests++
    cluster.activeConnections++
    this.#cancelConnect = this.#deps.dialTcp(cluster, endpoint, this.connection, this)
  }

  #pickEndpoint(cluster: ClusterRuntime): Endpoint | undefined {
    const failed = this.#endpoint
    const endpoint = this.#deps.exchange.pickEndpoint(cluster, this.connection, this.#hash)
    if (failed === undefined || endpoint !== failed) return endpoint
    return cluster.pickExcept((one) => one === failed) ?? endpoint
  }

  #leaveEndpoint(): void {
    if (!this.#isCounted || this.#endpoint === undefined) return
    this.#isCounted = false
    this.#endpoint.activeConnections--
    this.#cluster?.connectionGone()
  }

  onConnected(channel: Channel, tls: TlsInfo | undefined): void {
    this.#cancelConnect = undefined
    if (this.#done) return channel.destroy()
    this.#upstream = channel
    this.#cluster?.connected(this.#endpoint as Endpoint, true)
    this.upstream = {
      remoteAddress: channel.remoteAddress,
      remotePort: channel.remotePort,
      localAddress: channel.localAddress,
      localPort: channel.localPort,
      tls,
      requestCount: 1,
      telemetryState: undefined,
    }
    channel.handler = {
      onData: (buffer, start, end) => this.#onUpstreamData(buffer, start, end),
      onEnd: () => this.#downstream.end(),
      onClose: (error) => this.#onUpstreamClose(error),
      onDrain: () => this.#downstream.resume(),
    }
    for (const piece of this.#held.splice(0)) channel.writeBytes(piece, 0, piece.length)
    if (this.#downstreamEnded) channel.end()
    this.#downstream.resume()
  }

  onConnectFailed(reason: 'connection-failure' | 'connection-timeout', details: string): void {
    this.#cancelConnect = undefined
    this.upstreamTransportFailureReason = details === '' ? undefined : details
    const cluster = this.#cluster as ClusterRuntime
    cluster.failedLocally(this.#endpoint as Endpoint, reason === 'connection-timeout' ? 504 : 503)
    this.#leaveEndpoint()
    if (this.#attempts < (this.#proxy.maxConnectAttempts ?? 1)) return this.#connect(cluster)
    this.#refuse(flag.UF | flag.URX, 'upstream_connection_failure')
  }

  onData(buffer: Buffer, start: number, end: number): void {
    this.bytesReceived += end - start
    this.#touch()
    if (this.#upstream !== undefined) {
      if (!this.#upstream.writeBytes(buffer, start, end)) this.#downstream.pause()
      return
    }
    this.#held.push(Buffer.from(buffer.subarray(start, end)))
    this.#heldBytes += end - start
    if (this.#heldBytes >= maxHeldBytes) this.#downstream.pause()
  }

  onEnd(): void {
    this.#downstreamEnded = true
    this.#upstream?.end()
  }

  /** A client that was cut off is not one that has said everything: the upstream is cut off, too. */
  onClose(error: Error | undefined): void {
    if (this.#done) return
    this.#finish()
    this.#upstream?.destroy(error !== undefined)
  }

  onDrain(): void {
    this.#upstream?.resume()
  }

  onDeadline(nowMs: number): void {
    this.end(nowMs >= this.#endsAtMs ? 'max_duration_timeout' : 'idle_timeout')
  }

  /** Ends both sides at once. */
  end(details: string): void {
    this.responseCodeDetails = details
    this.#finish()
    this.#upstream?.destroy()
    this.#downstream.destroy()
  }

  #onUpstreamData(buffer: Buffer, start: number, end: number): void {
    this.bytesSent += end - start
    this.#touch()
    if (!this.#downstream.writeBytes(buffer, start, end)) this.#upstream?.pause()
  }

  /** What was written to the client still goes out; then the FIN. After a reset nothing does. */
  #onUpstreamClose(error: Error | undefined): void {
    const isOver = this.#done
    this.#finish()
    if (error !== undefined && !isOver) return this.#downstream.destroy(true)
    sayFarewell(this.#downstream, this.#deps.exchange.clock)
  }

  #touch(): void {
    const idleMs = this.#proxy.idleTimeoutMs ?? defaultIdleMs
    const { clock, deadlines } = this.#deps.exchange
    const idleAtMs = idleMs > 0 ? clock.monotonicMs() + idleMs : Infinity
    const dueMs = Math.min(idleAtMs, this.#endsAtMs)
    if (dueMs < Infinity) deadlines.set(this, dueMs)
  }

  #refuse(flags: number, details: string): void {
    this.responseFlags |= flags
    this.responseCodeDetails = details
    this.#finish()
    this.#downstream.destroy()
  }

  #finish(): void {
    if (this.#done) return
    this.#done = true
    this.#cancelConnect?.()
    this.#deps.exchange.deadlines.remove(this)
    this.#leaveEndpoint()
    this.#deps.exchange.telemetry.onConnectionComplete(this)
    if (this.#downstream.closed) this.#onGone()
    else this.#downstream.handler = { onData: () => {}, onEnd: () => {}, onClose: this.#onGone, onDrain: () => {} }
  }
}
