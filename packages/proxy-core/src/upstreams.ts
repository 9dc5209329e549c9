/**
 * The way to endpoints, wired: which pool of an endpoint serves a request, and how connections are opened. Part of the
 * data path's wiring, see `data-path.ts`.
 */
import { isIP } from 'node:net'
import type { Clock } from '@heddle/base'
import type { Cluster, LbEndpoint } from '@heddle/routing'
import type { ClusterRuntime } from './cluster/cluster-runtime.js'
import { Http1ClientConnection } from './codec/http1/client-connection.js'
import { upstreamHeadLimits } from './connection/limits.js'
import type { ConnectionDeps } from './connection/connection-deps.js'
import type { DeadlineQueue } from './deadline-queue.js'
import type { ProxyDeps } from './deps.js'
import type { Endpoint } from './endpoint/endpoint.js'
import { HttpPool } from './endpoint/http-pool.js'
import { TunnelDialer } from './endpoint/tcp-upstream.js'
import type { ExchangeDeps, ManagerRuntime } from './router/exchange-deps.js'
import { unspokenProtocols } from './transport/alpn.js'
import type { Connector, ConnectListener, DialTarget } from './transport/connector.js'
import type { PeerVerifier } from './transport/peer-verifier.js'
import { hostOf, type ServerName } from './transport/server-name.js'

const defaultConnectTimeoutMs = 5000

export interface UpstreamParts {
  readonly clock: Clock
  readonly deadlines: DeadlineQueue
  readonly connector: Connector
  readonly verifier: PeerVerifier
}

export interface Upstreams {
  readonly acquireStream: ExchangeDeps['acquireStream']
  readonly cancelStream: ExchangeDeps['cancelStream']
  readonly dialTcp: ConnectionDeps['dialTcp']
}

export function createUpstreams(deps: Pick<ProxyDeps, 'dial'>, { clock, deadlines, connector, verifier }: UpstreamParts): Upstreams {
  const dial = (
    { config }: ClusterRuntime,
    endpoint: Endpoint,
    alpn: readonly string[],
    listener: ConnectListener,
    serverName?: ServerName,
  ): (() => void) => {
    const target: DialTarget = deps.dial?.(config, endpoint.config) ?? defaultDial(config, endpoint.config)
    const tls = endpoint.transport.kind === 'tls' ? endpoint.transport.tls : undefined
    return connector.connect(target, tls, alpn, config.connectTimeoutMs ?? defaultConnectTimeoutMs, listener, serverName)
  }

  const createPool = (
    cluster: ClusterRuntime,
    endpoint: Endpoint,
    manager: ManagerRuntime,
    named?: { readonly serverName: ServerName; readonly onUnused: () => void },
  ): HttpPool =>
    new HttpPool(endpoint, {
      deadlines,
      monotonicMs: () => clock.monotonicMs(),
      isTrusted: (peer) => peer === undefined || verifier.isTrusted(peer),
      dial: (listener) => dial(cluster, endpoint, httpAlpn(cluster, endpoint, manager), listener, named?.serverName),
      createConnection: (channel, tls, pool) =>
        new Http1ClientConnection(channel, pool, upstreamHeadLimits, {
          remoteAddress: channel.remoteAddress,
          remotePort: channel.remotePort,
          localAddress: channel.localAddress,
          localPort: channel.localPort,
          tls,
          requestCount: 0,
          telemetryState: undefined,
        }),
      cluster,
      ...(named ? { onUnused: named.onUnused } : {}),
    })

  /** As in Envoy a connection made for one server name carries no request for another. A pool goes with its last connection. */
  const namedPool = (cluster: ClusterRuntime, endpoint: Endpoint, manager: ManagerRuntime, name: string): HttpPool => {
    const { autoSni = false, autoSanValidation = false } = cluster.config.http ?? {}
    const key = `${autoSni}|${autoSanValidation}|${name}`
    const pools = (endpoint.namedPools ??= new Map<string, HttpPool>())
    let pool = pools.get(key)
    if (pool === undefined) {
      const serverName = { name, isSent: autoSni && isIP(name) === 0, isVerified: autoSanValidation }
      pool = createPool(cluster, endpoint, manager, { serverName, onUnused: () => void pools.delete(key) })
      pools.set(key, pool)
    }
    return pool
  }

  const tunnels = new TunnelDialer((cluster: ClusterRuntime, endpoint, listener) => dial(cluster, endpoint, tcpAlpn(endpoint), listener))

  return {
    acquireStream(cluster, endpoint, manager, waiter, fresh) {
      if (waiter.opensTunnel === true) {
        tunnels.open(cluster, endpoint, waiter)
        return undefined
      }
      if (cluster.namesServers && endpoint.transport.kind === 'tls')
        return namedPool(cluster, endpoint, manager, hostOf(waiter.upstreamAuthority)).acquire(waiter, fresh)
      endpoint.pool ??= createPool(cluster, endpoint, manager)
      return endpoint.pool.acquire(waiter, fresh)
    },
    cancelStream(endpoint, waiter) {
      tunnels.cancel(waiter)
      for (const pool of endpoint.pools()) pool.cancel(waiter)
    },
    dialTcp: (cluster, endpoint, listener) => dial(cluster, endpoint, tcpAlpn(endpoint), listener),
  }
}

function defaultDial(cluster: Cluster, { address }: LbEndpoint): DialTarget {
  const { sourceAddress } = cluster
  return { host: address.address, port: address.port, ...(sourceAddress === undefined ? {} : { localAddress: sourceAddress }) }
}

/** Istio's ALPN override names the HTTP inside of mutual TLS, so that the other side picks its HTTP filter chain. */
function httpAlpn(cluster: ClusterRuntime, endpoint: Endpoint, manager: ManagerRuntime): readonly string[] {
  if (endpoint.transport.kind !== 'tls') return []
  const overridden = manager.overridesAlpn && cluster.config.metadata?.['istio']?.['alpn_override'] !== 'false'
  if (overridden) return ['istio-http/1.1', 'istio', 'http/1.1']
  return (endpoint.transport.tls.common.alpnProtocols ?? []).filter((protocol) => !unspokenProtocols.has(protocol))
}

function tcpAlpn(endpoint: Endpoint): readonly string[] {
  if (endpoint.transport.kind !== 'tls') return []
  // An opaque connection may carry any of them: only Istio's frame is withheld.
  return (endpoint.transport.tls.common.alpnProtocols ?? []).filter((protocol) => protocol !== 'istio-peer-exchange')
}
