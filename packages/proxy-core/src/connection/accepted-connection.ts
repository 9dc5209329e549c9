/**
 * An accepted connection from its first byte until a filter chain has taken it:
 *
 *   (PROXY header) -> inspect TLS / HTTP -> choose chain -> (TLS handshake) -> HTTP session or TCP session
 *
 * Whatever cannot be placed is closed and reported as `NR filter_chain_not_found`.
 */
import { type AccessLog, type ConnectionTraits, type FilterChain, isAmong, type Listener, type TrafficDirection } from '@heddle/routing'
import type { Http1ServerConnection } from '../codec/http1/server-connection.js'
import type { DeadlineEntry } from '../deadline-queue.js'
import type { DownstreamConnection, PeerIdentity, TlsInfo } from '../decision-record.js'
import type { FilterChainRuntime, ListenerRuntime } from '../listener/listener-runtime.js'
import { responseFlagBits as flag } from '../response-flag.js'
import type { ManagerRuntime } from '../router/exchange-deps.js'
import type { ChannelHandler, InboundChannel } from '../transport/channel.js'
import { type ClientHello, parseClientHello } from '../listener/client-hello.js'
import { parseAnyProxyHeader, parseProxyHeader, tokenTlvType } from '../listener/proxy-protocol.js'
import type { OriginalDestination } from '../listener/original-destination.js'
import type { ConnectionDeps } from './connection-deps.js'
import { refusedConnection, refusedRequest } from './refusal-record.js'
import { forwardedTo, type ForwardOutcome, type HttpTarget, type ProxiedRequest } from './forward-proxy.js'
import { Http2Session } from './http2-session.js'
import { Http1Session } from './http1-session.js'
import { filterFor, inspect, inspectionOf } from '../listener/inspector.js'
import { type ServedConnection, ServedWatch } from './served-watch.js'
import { TcpSession } from './tcp-session.js'

const noHello: ClientHello = { serverName: undefined, protocols: [] }

export class AcceptedConnection implements ChannelHandler, DownstreamConnection, DeadlineEntry, ServedConnection {
  readonly id: number
  readonly #deps: ConnectionDeps
  readonly #onGone: (connection: AcceptedConnection) => void
  readonly #original: OriginalDestination
  #runtime: ListenerRuntime
  #channel: InboundChannel
  #chain: FilterChainRuntime | undefined
  #held: Buffer | undefined
  #step: 'proxy-header' | 'balancer-header' | 'inspect' | 'hello' | 'handshake' | 'serving' | 'gone' = 'inspect'
  #cancelHandshake: (() => void) | undefined
  #session: Http1Session | Http2Session | TcpSession | undefined
  #watch: ServedWatch | undefined
  remoteAddress: string
  remotePort: number
  /** Of the socket's peer, whatever a PROXY header says. */
  readonly #directAddress: string
  /** Whether a PROXY header has been read, or need not be. */
  #isPlaced = false
  localAddress: string
  localPort: number
  tls: TlsInfo | undefined = undefined
  requestedServerName: string | undefined = undefined
  readonly startWallMs: number
  readonly startMs: number
  telemetryState: unknown = undefined
  heapIndex = -1
  dueMs = 0
  deadlineMs = 0

  constructor(
    id: number,
    deps: ConnectionDeps,
    runtime: ListenerRuntime,
    channel: InboundChannel,
    original: OriginalDestination,
    onGone: (connection: AcceptedConnection) => void,
  ) {
    this.id = id
    this.#deps = deps
    this.#runtime = runtime
    this.#channel = channel
    this.#original = original
    this.#onGone = onGone
    this.remoteAddress = channel.remoteAddress
    this.remotePort = channel.remotePort
    this.#directAddress = channel.remoteAddress
    this.localAddress = original.kind === 'fixed' ? original.address : channel.localAddress
    this.localPort = original.kind === 'fixed' ? original.port : channel.localPort
    this.startWallMs = deps.exchange.clock.now()
    this.startMs = deps.exchange.clock.monotonicMs()
  }

  get listener(): Listener {
    return this.#runtime.config
  }
  get runtime(): ListenerRuntime {
    return this.#runtime
  }
  get trafficDirection(): TrafficDirection {
    return this.#runtime.config.trafficDirection
  }
  get filterChain(): FilterChain | undefined {
    return this.#chain?.config
  }
  get draining(): boolean {
    return this.#runtime.draining
  }

  start(): void {
    this.#channel.handler = this
    if (this.#original.kind === 'http-proxy') {
      this.#step = 'serving'
      this.#session = new Http1Session(this.#deps, this, this.#channel, undefined, (stream, session) => this.#forward(stream, session))
      return
    }
    if (this.#original.kind === 'proxy-v2') {
      this.#step = 'proxy-header'
      return this.#setDeadline(this.#deps.handshakeDeadlineMs)
    }
    this.#enter()
  }

  /** Enters the engine as captured, with a destination that came by other means (CONNECT). */
  enterAs(address: string, port: number, read: Buffer | undefined): void {
    this.localAddress = address
    this.localPort = port
    this.#session = undefined
    this.#held = read
    this.#step = 'inspect'
    this.#channel.handler = this
    this.#enter()
  }

  /** A request of an explicit proxy's client over HTTP/1.1. */
  #forward(stream: Http1ServerConnection, session: Http1Session): HttpTarget | undefined {
    const outcome = this.#forwardedTo(stream, stream.targetScheme)
    if (outcome.kind === 'request') return outcome.target
    if (outcome.kind === 'refused') {
      session.refuse(stream, outcome.status, outcome.body, outcome.headers)
      return undefined
    }
    const read = session.release()
    this.#channel.writeText('HTTP/1.1 200 Connection Established\r\n\r\n')
    this.enterAs(outcome.address, outcome.port, read)
    return undefined
  }

  #forwardedTo(request: ProxiedRequest, scheme: string): ForwardOutcome {
    return forwardedTo(this.#deps, this, request, scheme, this.#original.kind === 'http-proxy' ? this.#original.token : undefined)
  }

  /** A tunnel within this connection enters the engine as a connection of its own. */
  #enterTunnel(address: string, port: number, channel: InboundChannel): void {
    new AcceptedConnection(this.id, this.#deps, this.#runtime, channel, { kind: 'fixed', address, port }, () => {}).start()
  }

  onData(buffer: Buffer, start: number, end: number): void {
    const piece = buffer.subarray(start, end)
    this.#held = this.#held === undefined ? Buffer.from(piece) : Buffer.concat([this.#held, piece])
    this.#advance()
  }
  onEnd(): void {
    this.#channel.destroy()
  }
  onClose(): void {
    this.gone()
  }
  onDrain(): void {}

  onDeadline(): void {
    if (this.#step === 'inspect') {
      if (this.#runtime.config.continueOnListenerFiltersTimeout === false) return this.#channel.destroy()
      return this.#choose(noHello, false, [])
    }
    if (this.#step === 'handshake') {
      this.#cancelHandshake?.()
      this.report(flag.DT, 'tls_handshake_timeout')
      return this.gone()
    }
    this.#channel.destroy()
  }

  get closed(): boolean {
    return this.#channel.closed
  }

  verifiedPeers(): readonly PeerIdentity[] {
    const session = this.#session
    const peers = [this.tls?.peer, session instanceof TcpSession ? session.upstream?.tls?.peer : undefined]
    return peers.filter((peer) => peer !== undefined)
  }

  /** In bytes of an unknown protocol nobody can find a good end. */
  leavePeer(atOnce: boolean): void {
    const session = this.#session
    if (session instanceof TcpSession) session.end('peer_no_longer_trusted')
    else if (atOnce) this.destroy()
    else session?.drain()
  }

  /** Ends what is idle, or has not said a word yet; the rest after its answer. */
  drain(): void {
    if (this.#session instanceof Http1Session || this.#session instanceof Http2Session) this.#session.drain()
    else if (this.#held === undefined && this.#awaitsFirstBytes()) this.destroy()
  }

  /** As `drain`, when its listener has gone. */
  outliveListener(): void {
    if (this.#session instanceof Http1Session) this.#session.outliveListener()
    else this.drain()
  }

  #awaitsFirstBytes(): boolean {
    return this.#step !== 'handshake' && this.#step !== 'serving' && this.#step !== 'gone'
  }

  destroy(): void {
    this.#cancelHandshake?.()
    this.#channel.destroy()
    this.gone()
  }

  gone(): void {
    if (this.#step === 'gone') return
    this.#step = 'gone'
    this.#deps.exchange.deadlines.remove(this)
    this.#watch?.end()
    this.#onGone(this)
  }

  report(flags: number, details: string): void {
    const accessLog: readonly AccessLog[] = this.#runtime.config.accessLog ?? []
    this.#deps.exchange.telemetry.onConnectionComplete(refusedConnection(this, accessLog, flags, details, this.#deps.exchange.clock))
  }

  reportBadRequest(
    manager: ManagerRuntime | undefined,
    status: number,
    reason: string,
    bytesSent: number,
    protocol: 'HTTP/1.1' | 'HTTP/2' = 'HTTP/1.1',
  ): void {
    if (manager === undefined) return
    this.#deps.exchange.telemetry.onRequestComplete(
      refusedRequest(this, manager.config, status, reason, bytesSent, this.#deps.exchange.clock, protocol),
    )
  }

  traits(hello: ClientHello | undefined, protocols: readonly string[]): ConnectionTraits {
    return {
      destinationAddress: this.localAddress,
      destinationPort: this.localPort,
      sourceAddress: this.remoteAddress,
      sourcePort: this.remotePort,
      directSourceAddress: this.#directAddress,
      serverName: hello?.serverName,
      transportProtocol: hello === undefined ? 'raw_buffer' : 'tls',
      applicationProtocols: protocols,
    }
  }

  #enter(): void {
    if (this.#runtime.config.useOriginalDst) this.#runtime = this.#deps.listenerFor(this.localAddress, this.localPort) ?? this.#runtime
    if (!this.#isPlaced && this.#awaitsProxyHeader()) return
    this.#step = 'inspect'
    const inspection = inspectionOf(this.#runtime.config.listenerFilters, this.localPort)
    if (!inspection.tls && !inspection.http) return this.#choose(noHello, false, [])
    const configured = this.#runtime.config.listenerFiltersTimeoutMs
    this.#setDeadline(configured === undefined || configured === 0 ? this.#deps.detectionDeadlineMs : configured)
    if (this.#held !== undefined) this.#advance()
  }

  /** Behind a balancer: Envoy's proxy_protocol listener filter. */
  #awaitsProxyHeader(): boolean {
    const { listenerFilters, listenerFiltersTimeoutMs } = this.#runtime.config
    const filter = filterFor(listenerFilters, 'proxy-protocol', this.localPort)
    this.#isPlaced = true
    if (filter === undefined || !isAmong(filter.trustedSources, this.#directAddress)) return false
    this.#step = 'balancer-header'
    this.#setDeadline(listenerFiltersTimeoutMs || this.#deps.handshakeDeadlineMs)
    if (this.#held !== undefined) this.#advance()
    return true
  }

  #readBalancerHeader(held: Buffer): void {
    const result = parseAnyProxyHeader(held)
    if (result.kind === 'more') return
    if (result.kind === 'refused') return this.#refuse('proxy_protocol_refused', result.reason)
    if (result.kind === 'none') {
      const filter = filterFor(this.#runtime.config.listenerFilters, 'proxy-protocol', this.localPort)
      if (filter?.allowsPlain !== true) return this.#refuse('proxy_protocol_refused', 'the connection does not start with a PROXY header')
      return this.#enter()
    }
    const { header, length } = result
    if (header.proxied) {
      this.remoteAddress = header.sourceAddress
      this.remotePort = header.sourcePort
      this.localAddress = header.destinationAddress
      this.localPort = header.destinationPort
    }
    this.#held = held.length > length ? held.subarray(length) : undefined
    this.#enter()
  }

  #advance(): void {
    const held = this.#held
    if (held === undefined) return
    if (this.#step === 'proxy-header') return this.#readProxyHeader(held)
    if (this.#step === 'balancer-header') return this.#readBalancerHeader(held)
    if (this.#step === 'inspect') {
      const result = inspect(held, inspectionOf(this.#runtime.config.listenerFilters, this.localPort))
      if (result.kind === 'tls') this.#choose(result.hello, true, result.hello.protocols)
      else if (result.kind === 'plain') this.#choose(noHello, false, result.protocols)
      return
    }
    if (this.#step === 'hello') this.#readHello(held)
  }

  #readProxyHeader(held: Buffer): void {
    const result = parseProxyHeader(held)
    if (result.kind === 'more') return
    const token = this.#original.kind === 'proxy-v2' ? this.#original.token : undefined
    if (result.kind === 'refused') return this.#refuse('proxy_protocol_refused', result.reason)
    const { header } = result
    if (!header.proxied) return this.#channel.destroy()
    if (token !== undefined && header.tlvs.get(tokenTlvType)?.toString('latin1') !== token)
      return this.#refuse('proxy_protocol_refused', 'the token is missing or wrong')
    this.localAddress = header.destinationAddress
    this.localPort = header.destinationPort
    this.#held = held.length > result.length ? held.subarray(result.length) : undefined
    this.#enter()
  }

  #refuse(details: string, reason: string): void {
    this.#deps.logger.warn('a connection was refused', { listener: this.listener.name, remote: this.remoteAddress, reason })
    this.report(flag.DPE, details)
    this.#channel.destroy()
  }

  #choose(hello: ClientHello, isTls: boolean, protocols: readonly string[]): void {
    this.requestedServerName = hello.serverName
    const chain = this.#deps.matchChain(this.#runtime, this.traits(isTls ? hello : undefined, protocols))
    if (chain === undefined) {
      this.report(flag.NR, 'filter_chain_not_found')
      return this.#channel.destroy()
    }
    this.#chain = chain
    this.#deps.exchange.telemetry.onConnectionOpen?.(this)
    if (chain.config.tls === undefined) return this.#serve()
    if (isTls) return this.#handshake(hello)
    this.#step = 'hello'
    this.#setDeadline(this.#deps.handshakeDeadlineMs)
    if (this.#held !== undefined) this.#readHello(this.#held)
  }

  #readHello(held: Buffer): void {
    const result = parseClientHello(held)
    if (result.kind === 'more') return
    if (result.kind === 'tls') return this.#handshake(result.hello)
    this.report(0, 'tls_handshake_failed')
    this.#channel.destroy()
  }

  #handshake(hello: ClientHello): void {
    const { tls } = (this.#chain as FilterChainRuntime).config
    if (tls === undefined) return
    // The deadline is for both: what a slow hello took is not given again.
    if (this.#step !== 'hello') this.#setDeadline(this.#deps.handshakeDeadlineMs)
    this.#step = 'handshake'
    this.requestedServerName = hello.serverName
    const read = this.#held ?? Buffer.alloc(0)
    this.#held = undefined
    this.#cancelHandshake = this.#deps.tlsServer.terminate(this.#channel, read, hello, tls, (result) => {
      this.#cancelHandshake = undefined
      if (this.#step === 'gone') return
      if (!result.ok) {
        this.#deps.logger.debug('a TLS handshake failed', {
          listener: this.listener.name,
          remote: this.remoteAddress,
          reason: result.reason,
        })
        this.#handshakeFailure = result.reason
        this.report(0, 'tls_handshake_failed')
        return this.gone()
      }
      this.#channel = result.channel
      this.tls = result.tls
      this.#serve()
    })
  }

  #handshakeFailure: string | undefined

  /** Why the handshake failed, for the record. */
  get transportFailure(): string | undefined {
    return this.#handshakeFailure
  }

  #serve(): void {
    this.#deps.exchange.deadlines.remove(this)
    this.#step = 'serving'
    const { terminal } = this.#chain as FilterChainRuntime
    const held = this.#held
    this.#held = undefined
    const { perConnectionBufferLimitBytes = 0 } = this.#runtime.config
    if (perConnectionBufferLimitBytes > 0) this.#channel.limitBuffer(perConnectionBufferLimitBytes)
    if (terminal.kind === 'http') this.#session = this.#httpSession(terminal.manager)
    else if (terminal.kind === 'tcp') {
      const session = new TcpSession(this.#deps, this, this.#channel, terminal.proxy, () => this.gone())
      this.#session = session
      session.start()
    } else return this.#channel.destroy()
    const watchesPeers = this.tls?.peer !== undefined || terminal.kind === 'tcp'
    const durationMs = terminal.kind === 'http' ? (terminal.manager.config.maxConnectionDurationMs ?? 0) : 0
    const drainsAtMs = durationMs > 0 ? this.startMs + durationMs : Infinity
    if (watchesPeers || durationMs > 0) this.#watch = new ServedWatch(this, this.#deps, watchesPeers, drainsAtMs)
    if (held !== undefined && !this.#channel.closed) this.#channel.received(held, 0, held.length)
  }

  /** The client turned out to speak HTTP/2: what read its first bytes is not needed any more. */
  continueOverHttp2(manager: ManagerRuntime | undefined): void {
    const forward = {
      forwardedTo: (request: ProxiedRequest, scheme: string) => this.#forwardedTo(request, scheme),
      enterTunnel: (address: string, port: number, channel: InboundChannel) => this.#enterTunnel(address, port, channel),
    }
    this.#session = new Http2Session(this.#deps, this, this.#channel, manager, manager === undefined ? forward : undefined)
  }

  /** The configuration or what TLS agreed on decides; without, the first bytes do. */
  #httpSession(manager: ManagerRuntime): Http1Session | Http2Session {
    const { codecType = 'AUTO' } = manager.config
    if (codecType === 'HTTP2' || (codecType === 'AUTO' && this.tls?.alpn === 'h2'))
      return new Http2Session(this.#deps, this, this.#channel, manager)
    return new Http1Session(this.#deps, this, this.#channel, manager)
  }

  #setDeadline(ms: number): void {
    const { clock, deadlines } = this.#deps.exchange
    deadlines.remove(this)
    deadlines.set(this, clock.monotonicMs() + ms)
  }
}
