/** What a connection needs from the rest of the engine; the data path wires it. */
import type { Logger } from '@heddle/base'
import type { ClusterRuntime } from '../cluster/cluster-runtime.js'
import type { Endpoint } from '../endpoint/endpoint.js'
import type { Http1ServerConnection } from '../codec/http1/server-connection.js'
import type { ServerCodecOptions, ServerConnectionOwner } from '../codec/http1/server-connection-owner.js'
import type { Http2Options } from '../codec/http2/options.js'
import type { Http2ServerConnection, Http2ServerOwner } from '../codec/http2/server-connection.js'
import type { DownstreamStream } from '../codec/stream.js'
import type { DownstreamConnection, PeerIdentity } from '../decision-record.js'
import type { ConnectionTraits } from '@heddle/routing'
import type { FilterChainRuntime, ListenerRuntime } from '../listener/listener-runtime.js'
import type { Exchange } from '../router/exchange.js'
import type { ExchangeDeps, ManagerRuntime } from '../router/exchange-deps.js'
import type { Channel } from '../transport/channel.js'
import type { ConnectListener } from '../transport/connector.js'
import type { PeerTrust } from '../transport/live-trust.js'
import type { TlsServer } from '../transport/tls-server.js'

export interface ConnectionDeps {
  readonly exchange: ExchangeDeps
  readonly logger: Logger
  readonly tlsServer: TlsServer
  /** Whether the peer of a connection would be accepted again. */
  trustIn(peer: PeerIdentity): PeerTrust
  /** HTTP/1.0, where the connection manager says nothing. */
  readonly acceptsHttp10: boolean
  /** Bytes a second of a request's body; undefined: as the limits say. */
  readonly minBodyRate: number | undefined
  readonly detectionDeadlineMs: number
  readonly handshakeDeadlineMs: number
  matchChain(listener: ListenerRuntime, traits: ConnectionTraits): FilterChainRuntime | undefined
  /** The listener for an original destination, when the one that accepted hands over. */
  listenerFor(address: string, port: number): ListenerRuntime | undefined
  createCodec(channel: Channel, owner: ServerConnectionOwner, options: ServerCodecOptions): Http1ServerConnection
  createHttp2Codec(channel: Channel, owner: Http2ServerOwner, options: Http2Options): Http2ServerConnection
  createExchange(manager: ManagerRuntime, connection: DownstreamConnection, stream: DownstreamStream): Exchange
  dialTcp(cluster: ClusterRuntime, endpoint: Endpoint, connection: DownstreamConnection, listener: ConnectListener): () => void
  /** A manager that sends everything to one cluster, for plain proxying through a TCP chain. */
  managerFor(cluster: string): ManagerRuntime
  resolveName(host: string, port: number): { readonly address: string; readonly port: number } | 'forbidden' | undefined
}
