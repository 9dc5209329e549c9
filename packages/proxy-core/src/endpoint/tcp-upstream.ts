/**
 * The upstream's side of a CONNECT that ends here (Envoy's `connect_config`): to the router a stream whose answer is a 200
 * of its own, to the endpoint a connection that carries the tunnel's bytes as they are.
 */
import type { ResponseEvents, UpstreamStream } from '../codec/stream.js'
import type { DownstreamConnection, UpstreamConnectionInfo } from '../decision-record.js'
import { HeaderBlock } from '../message/header-block.js'
import type { Channel, ChannelHandler } from '../transport/channel.js'
import type { ConnectListener } from '../transport/connector.js'
import type { Endpoint } from './endpoint.js'
import type { PoolCluster, StreamWaiter } from './http-pool.js'

class TcpUpstream implements UpstreamStream, ChannelHandler {
  readonly #channel: Channel
  readonly #onClosed: () => void
  readonly info: UpstreamConnectionInfo
  readonly reused = false
  #events: ResponseEvents | undefined
  #isOpen = true
  #mayWrite = true

  constructor(channel: Channel, info: UpstreamConnectionInfo, onClosed: () => void) {
    this.#channel = channel
    this.#onClosed = onClosed
    this.info = info
    channel.handler = this
  }

  sendHead(...[, , , , , events]: Parameters<UpstreamStream['sendHead']>): void {
    this.#events = events
    events.onUpgraded(200, 'OK', new HeaderBlock())
  }
  sendBody(buffer: Buffer, start: number, end: number): void {
    this.#mayWrite = this.#channel.writeBytes(buffer, start, end)
  }
  sendEnd(): void {}
  flush(): boolean {
    return this.#mayWrite
  }
  endTunnel(): void {
    this.#channel.end()
  }
  reset(): void {
    this.#events = undefined
    this.#channel.destroy(true)
    this.#closed()
  }
  pauseResponse(): void {
    this.#channel.pause()
  }
  resumeResponse(): void {
    this.#channel.resume()
  }

  onData(buffer: Buffer, start: number, end: number): void {
    this.#events?.onTunnelResponse(buffer, start, end)
    this.#events?.flushDownstream()
  }
  onEnd(): void {
    this.#events?.onTunnelResponseEnd()
  }
  onClose(error: Error | undefined): void {
    const events = this.#events
    this.#events = undefined
    this.#closed()
    events?.onUpstreamReset('connection-termination', error?.message ?? '')
  }
  onDrain(): void {
    this.#mayWrite = true
    this.#events?.onUpstreamDrain()
  }

  #closed(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#onClosed()
  }
}

/** Opens such connections. @typeParam C the cluster as the dial function knows it. */
export class TunnelDialer<C extends PoolCluster> {
  readonly #dial: (cluster: C, endpoint: Endpoint, connection: DownstreamConnection, listener: ConnectListener) => () => void
  /** The way to give up, by who waits. */
  readonly #dialing = new Map<StreamWaiter, () => void>()

  constructor(dial: (cluster: C, endpoint: Endpoint, connection: DownstreamConnection, listener: ConnectListener) => () => void) {
    this.#dial = dial
  }

  /** The waiter is told later, or at once when the cluster has too many connections. */
  open(cluster: C, endpoint: Endpoint, waiter: StreamWaiter): void {
    if (cluster.activeConnections >= cluster.maxConnections) return waiter.onStreamFailed('overflow', '')
    endpoint.activeConnections++
    cluster.activeConnections++
    const gone = (): void => {
      endpoint.activeConnections--
      cluster.connectionGone()
    }
    const cancel = this.#dial(cluster, endpoint, waiter.connection, {
      onConnected: (channel, tls) => {
        this.#dialing.delete(waiter)
        const { remoteAddress, remotePort, localAddress, localPort } = channel
        const info = { remoteAddress, remotePort, localAddress, localPort, tls, requestCount: 1, telemetryState: undefined }
        waiter.onStreamReady(new TcpUpstream(channel, info, gone))
      },
      onConnectFailed: (reason, details) => {
        this.#dialing.delete(waiter)
        gone()
        waiter.onStreamFailed(reason, details)
      },
    })
    this.#dialing.set(waiter, () => {
      this.#dialing.delete(waiter)
      cancel()
      gone()
    })
  }

  cancel(waiter: StreamWaiter): void {
    this.#dialing.get(waiter)?.()
  }
}
