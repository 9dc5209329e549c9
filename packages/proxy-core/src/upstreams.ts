/**
 * The way to endpoints, wired: which pool of an endpoint serves a request, and how connections are opened. Part of the
 * data path's wiring, see `data-path.ts`.
 */
import { isIP } from 'node:net'
import { type Clock, type Logger, messageOf } from '@heddle/base'
import type { Cluster, LbEndpoint } from '@heddle/routing'
import type { ClusterRuntime } from './cluster/cluster-runtime.js'
import { Http1ClientConnection } from './codec/http1/client-connection.js'
import { Http2ClientConnection } from './codec/http2/client-connection.js'
import type { Http2Deps, Http2Options } from './codec/http2/options.js'
import { meshLimits, upstreamHeadLimits } from './connection/limits.js'
import type { ConnectionDeps } from './connection/connection-deps.js'
import type { DownstreamConnection, TlsInfo, UpstreamConnectionInfo } from './decision-record.js'
import type { DeadlineQueue } from './deadline-queue.js'
import type { ProxyDeps } from './deps.js'
import { guard } from './guard/guard.js'
import { containPromise } from './guard/guarded-deps.js'
import type { Endpoint } from './endpoint/endpoint.js'
import { HttpPool, type StreamWaiter } from './endpoint/http-pool.js'
import { TunnelDialer } from './endpoint/tcp-upstream.js'
import type { ExchangeDeps, ManagerRuntime } from './router/exchange-deps.js'
import { httpAlpn, tcpAlpn, type UpstreamProtocol, upstreamProtocolOf } from './upstream-protocol.js'
import type { Channel } from './transport/channel.js'
import type { Connector, ConnectListener } from './transport/connector.js'
import type { DialTarget } from './transport/dial-target.js'
import type { PeerVerifier } from './transport/peer-verifier.js'
import { proxyHeader } from './transport/proxy-header.js'
import { hostOf, type ServerName } from './transport/server-name.js'

const defaultConnectTimeoutMs = 5000

export interface UpstreamParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly deadlines: DeadlineQueue
  readonly connector: Connector
  readonly verifier: PeerVerifier
  readonly http2: Http2Deps
}

export interface Upstreams {
  readonly acquireStream: ExchangeDeps['acquireStream']
  readonly cancelStream: ExchangeDeps['cancelStream']
  readonly dialTcp: ConnectionDeps['dialTcp']
}

export function createUpstreams(deps: Pick<ProxyDeps, 'dial'>, parts: UpstreamParts): Upstreams {
  const { clock, deadlines, verifier, http2 } = parts
  const dial = createDial(deps, parts)

  const createPool = (
    cluster: ClusterRuntime,
    endpoint: Endpoint,
    manager: ManagerRuntime,
    protocol: UpstreamProtocol,
    named?: ConnectionName & { readonly onUnused: () => void },
  ): HttpPool =>
    new HttpPool(endpoint, {
      deadlines,
      monotonicMs: () => clock.monotonicMs(),
      trustIn: (peer) => (peer === undefined ? 'trusted' : verifier.trustIn(peer)),
      dial: (listener) => dial(cluster, endpoint, httpAlpn(cluster, endpoint, manager, protocol), listener, named),
      expectedStreams: protocol === 'http2' ? Math.min(maxStreamsOf(cluster), expectedHttp2Streams) : 1,
      createConnection: (channel, tls, pool) => {
        const info = infoOf(channel, tls)
        const isHttp2 = protocol === 'http2' || (protocol === 'auto' && tls?.alpn === 'h2')
        if (!isHttp2) return new Http1ClientConnection(channel, pool, upstreamHeadLimits, info)
        return new Http2ClientConnection(channel, pool, http2Options(cluster), http2, info, pool.likelyStreams)
      },
      cluster,
      ...(named ? { onUnused: named.onUnused } : {}),
    })

  /** As in Envoy a connection made for one server name or client carries no request of another. A pool goes with its last connection. */
  const namedPool = (
    cluster: ClusterRuntime,
    endpoint: Endpoint,
    manager: ManagerRuntime,
    protocol: UpstreamProtocol,
    waiter: StreamWaiter,
  ): HttpPool => {
    const { autoSni = false, autoSanValidation = false } = cluster.config.http ?? {}
    const host = cluster.namesServers && endpoint.transport.kind === 'tls' ? hostOf(waiter.upstreamAuthority) : undefined
    const header = headerOf(endpoint, waiter.connection)
    const key = `${manager.overridesAlpn}|${autoSni}|${autoSanValidation}|${protocol}|${host ?? ''}|${header?.toString('latin1') ?? ''}`
    const pools = (endpoint.namedPools ??= new Map<string, HttpPool>())
    let pool = pools.get(key)
    if (pool === undefined) {
      const serverName = host === undefined ? undefined : { name: host, isSent: autoSni && isIP(host) === 0, isVerified: autoSanValidation }
      pool = createPool(cluster, endpoint, manager, protocol, { serverName, header, onUnused: () => void pools.delete(key) })
      pools.set(key, pool)
    }
    return pool
  }

  const dialTcp: Upstreams['dialTcp'] = (cluster, endpoint, connection, listener) =>
    dial(cluster, endpoint, tcpAlpn(endpoint), listener, { serverName: undefined, header: headerOf(endpoint, connection) })
  const tunnels = new TunnelDialer(dialTcp)

  return {
    acquireStream(cluster, endpoint, manager, waiter, fresh) {
      if (waiter.opensTunnel === true) {
        tunnels.open(cluster, endpoint, waiter)
        return undefined
      }
      const protocol = upstreamProtocolOf(cluster, endpoint, waiter.protocol)
      const { kind, proxyProtocol } = endpoint.transport
      if (proxyProtocol !== undefined || (cluster.namesServers && kind === 'tls'))
        return namedPool(cluster, endpoint, manager, protocol, waiter).acquire(waiter, fresh)
      const pools = manager.overridesAlpn ? endpoint.poolsByProtocol : endpoint.plainAlpnPools
      const pool = (pools[protocol] ??= createPool(cluster, endpoint, manager, protocol))
      return pool.acquire(waiter, fresh)
    },
    cancelStream(endpoint, waiter) {
      tunnels.cancel(waiter)
      for (const pool of endpoint.pools()) pool.cancel(waiter)
    },
    dialTcp,
  }
}

/** Opens connections to endpoints. @param name what the connection is made for, besides. */
type Dial = (
  cluster: ClusterRuntime,
  endpoint: Endpoint,
  alpn: readonly string[],
  listener: ConnectListener,
  name?: ConnectionName,
) => () => void

function createDial(deps: Pick<ProxyDeps, 'dial'>, { connector, logger }: UpstreamParts): Dial {
  return ({ config }, endpoint, alpn, listener, name = noName) => {
    let target: DialTarget
    try {
      target = deps.dial?.(config, endpoint.config) ?? defaultDial(config, endpoint.config)
      if (containPromise(target, () => {})) throw new TypeError('dial is synchronous, this one returned a promise')
    } catch (error) {
      logger.error('dial failed', { cluster: config.name, error: messageOf(error) })
      queueMicrotask(() => guard(logger, 'dial', () => listener.onConnectFailed('connection-failure', messageOf(error))))
      return () => {}
    }
    const tls = endpoint.transport.kind === 'tls' ? endpoint.transport.tls : undefined
    const timeoutMs = config.connectTimeoutMs ?? defaultConnectTimeoutMs
    const bufferBytes = config.perConnectionBufferLimitBytes ?? 0
    const limited = bufferBytes > 0 ? withBuffer(listener, bufferBytes) : listener
    return connector.connect(target, tls, alpn, timeoutMs, limited, name.serverName, name.header)
  }
}

function withBuffer(listener: ConnectListener, bytes: number): ConnectListener {
  return {
    onConnected(channel, tls) {
      channel.limitBuffer(bytes)
      listener.onConnected(channel, tls)
    },
    onConnectFailed: (reason, details) => listener.onConnectFailed(reason, details),
  }
}

/** What a connection is made for, besides its endpoint. */
interface ConnectionName {
  readonly serverName: ServerName | undefined
  /** A PROXY header. */
  readonly header: Buffer | undefined
}

const noName: ConnectionName = { serverName: undefined, header: undefined }

function headerOf({ transport }: Endpoint, connection: DownstreamConnection): Buffer | undefined {
  return transport.proxyProtocol === undefined ? undefined : proxyHeader(transport.proxyProtocol, connection)
}

function infoOf(channel: Channel, tls: TlsInfo | undefined): UpstreamConnectionInfo & { requestCount: number } {
  const { remoteAddress, remotePort, localAddress, localPort } = channel
  return { remoteAddress, remotePort, localAddress, localPort, tls, requestCount: 0, telemetryState: undefined }
}

/** Streams that a connection is counted on for before its peer has said how many it takes. */
const expectedHttp2Streams = 100
/** Streams that are opened on one connection when nothing else is said. */
const defaultMaxStreams = 1024

function maxStreamsOf({ config }: ClusterRuntime): number {
  return config.http?.maxConcurrentStreams ?? defaultMaxStreams
}

/** Of Istio's http2KeepAlive; without, silence is nobody's fault. */
function keepAliveOf({ config }: ClusterRuntime): Pick<Http2Options, 'keepAliveMs' | 'keepAliveTimeoutMs'> {
  const settings = config.http?.http2KeepAlive
  return { keepAliveMs: settings?.intervalMs ?? 0, keepAliveTimeoutMs: settings?.timeoutMs ?? 0 }
}

function http2Options(cluster: ClusterRuntime): Http2Options {
  return {
    ...meshLimits.http2,
    head: upstreamHeadLimits,
    maxConcurrentStreams: maxStreamsOf(cluster),
    ...keepAliveOf(cluster),
    headDeadlineMs: meshLimits.headDeadlineMs,
    idleMs: 0,
    streamIdleMs: 0,
    maxStreams: 0,
    allowsConnect: false,
  }
}

function defaultDial(cluster: Cluster, { address }: LbEndpoint): DialTarget {
  const { sourceAddress } = cluster
  return { host: address.address, port: address.port, ...(sourceAddress === undefined ? {} : { localAddress: sourceAddress }) }
}
