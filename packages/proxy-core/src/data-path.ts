/**
 * The way of a request, wired: listener -> connection -> codec -> filters -> router -> cluster -> endpoint -> transport.
 * Each of these knows only the types of what comes after it; here they meet. State that outlives a configuration (pools,
 * deadlines, secure contexts) lives here, the configuration itself in a `Snapshot` that is replaced as a whole.
 */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { type Clock, type Logger, type Random, silentLogger } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import type { Cluster, FilterChain, Listener, LbEndpoint, SecretSource } from '@heddle/routing'
import { Http1ClientConnection } from './codec/http1/client-connection.js'
import { Http1ServerConnection } from './codec/http1/server-connection.js'
import { ClusterRuntime } from './cluster/cluster-runtime.js'
import type { ConnectionDeps } from './connection/connection-deps.js'
import { upstreamHeadLimits } from './connection/limits.js'
import { DeadlineQueue } from './deadline-queue.js'
import type { DownstreamConnection } from './decision-record.js'
import type { ProxyDeps } from './deps.js'
import { Endpoint } from './endpoint/endpoint.js'
import { HttpPool, type StreamWaiter } from './endpoint/http-pool.js'
import type { UpstreamStream } from './codec/stream.js'
import { createRequestIds } from './filters/forwarding-headers.js'
import { createFilterSet } from './filters/http-filter.js'
import { matchFilterChain } from './listener/filter-chain-match.js'
import type { TerminalFilter } from './listener/listener-runtime.js'
import { Exchange } from './router/exchange.js'
import type { ExchangeDeps, ManagerRuntime } from './router/exchange-deps.js'
import { createRouteSet } from './router/route-set.js'
import { singleClusterManager } from './router/single-cluster-manager.js'
import type { Snapshot } from './snapshot.js'
import { silentTelemetry } from './telemetry.js'
import { guarded } from './telemetry/guarded.js'
import { type Connector, createConnector, type ConnectListener, type DialTarget } from './transport/connector.js'
import { createPeerVerifier } from './transport/peer-verifier.js'
import { createTlsContexts } from './transport/tls-contexts.js'
import { createTlsServer } from './transport/tls-server.js'

const defaultConnectTimeoutMs = 5000

export interface DataPath {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly connections: ConnectionDeps
  createCluster(config: Cluster, snapshot: Pick<Snapshot, 'assignments'>): ClusterRuntime
  /** The terminal filter of a chain with what it needs to run. @throws when a regular expression cannot be compiled. */
  readonly terminalOf: (chain: FilterChain, listener: Listener) => TerminalFilter
  close(): void
}

const noSecrets: SecretSource = { get: () => undefined, subscribe: () => () => {} }

export function createDataPath(deps: ProxyDeps, current: () => Snapshot): DataPath {
  const clock = deps.clock ?? systemClock
  const random = deps.random ?? systemRandom
  const logger = deps.logger ?? silentLogger
  const secrets = deps.secrets ?? noSecrets
  const deadlines = new DeadlineQueue(clock, logger)
  const contexts = createTlsContexts(secrets)
  const verifier = createPeerVerifier(secrets, clock, deps.compileRegex)
  const connector = createConnector(contexts, verifier, clock, logger)
  const unsubscribe = secrets.subscribe((name) => {
    contexts.secretChanged(name)
    verifier.secretChanged(name)
  })
  const exchange = createExchangeDeps(deps, { clock, random, logger, deadlines, connector }, current)
  const synthetic = new Map<string, ManagerRuntime>()

  const connections: ConnectionDeps = {
    exchange,
    logger,
    tlsServer: createTlsServer(contexts, verifier, logger),
    detectionDeadlineMs: deps.detectionDeadlineMs ?? 10_000,
    handshakeDeadlineMs: deps.handshakeDeadlineMs ?? 10_000,
    matchChain: matchFilterChain,
    listenerFor: (address, port) => current().byAddress.get(`${address}:${port}`) ?? current().byAddress.get(`0.0.0.0:${port}`),
    createCodec: (channel, owner, options) => new Http1ServerConnection(channel, owner, options),
    createExchange: (manager, connection, stream) => new Exchange(exchange, manager, connection, stream),
    dialTcp: (cluster, endpoint, listener) => dial(deps, connector, cluster, endpoint, tcpAlpn(endpoint), listener),
    managerFor: (cluster) => {
      let manager = synthetic.get(cluster)
      if (manager === undefined) synthetic.set(cluster, (manager = singleClusterManager(cluster)))
      return manager
    },
    resolveName: deps.resolveName ?? ((host, port) => (isIP(host) === 0 ? undefined : { address: host, port })),
  }

  return {
    clock,
    random,
    logger,
    connections,
    createCluster: (config, snapshot) =>
      new ClusterRuntime(config, snapshot.assignments.get(config.edsServiceName ?? config.name), {
        clock,
        random,
        createEndpoint: (endpoint, transport) => new Endpoint(endpoint, transport, clock.monotonicMs()),
        resolve: deps.resolveDns ?? resolveWithSystem,
        onResolveFailed: (cluster, hostname, error) =>
          logger.warn('a host name of a cluster cannot be resolved', { cluster, hostname, error }),
      }),
    terminalOf: (chain) => terminalOf(chain, deps, current),
    close() {
      unsubscribe()
      deadlines.close()
    },
  }
}

interface Parts {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly deadlines: DeadlineQueue
  readonly connector: Connector
}

function createExchangeDeps(deps: ProxyDeps, parts: Parts, current: () => Snapshot): ExchangeDeps {
  return {
    ...parts,
    telemetry: guarded(deps.telemetry ?? silentTelemetry, parts.logger),
    ids: createRequestIds(parts.random),
    filters: createFilterSet(deps.filters ?? [], parts.logger),
    maxBufferedBytes: deps.maxBufferedBytes ?? 1_048_576,
    cluster: (name) => current().clusters.get(name),
    pickEndpoint: (cluster, connection: DownstreamConnection, hash) =>
      cluster.config.type === 'ORIGINAL_DST'
        ? cluster.originalDestination(connection.localAddress, connection.localPort)
        : cluster.pick(hash),
    acquireStream: (cluster, endpoint, manager, waiter, fresh): UpstreamStream | undefined => {
      endpoint.pool ??= createPool(deps, parts, cluster, endpoint, manager)
      return endpoint.pool.acquire(waiter, fresh)
    },
    cancelStream: (endpoint: Endpoint, waiter: StreamWaiter) => endpoint.pool?.cancel(waiter),
  }
}

function createPool(deps: ProxyDeps, parts: Parts, cluster: ClusterRuntime, endpoint: Endpoint, manager: ManagerRuntime): HttpPool {
  return new HttpPool(endpoint, {
    deadlines: parts.deadlines,
    monotonicMs: () => parts.clock.monotonicMs(),
    dial: (listener) => dial(deps, parts.connector, cluster, endpoint, httpAlpn(cluster, endpoint, manager), listener),
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
  })
}

function dial(
  deps: ProxyDeps,
  connector: Connector,
  cluster: ClusterRuntime,
  endpoint: Endpoint,
  alpn: readonly string[],
  listener: ConnectListener,
): () => void {
  const target: DialTarget = deps.dial?.(cluster.config, endpoint.config) ?? defaultDial(cluster.config, endpoint.config)
  const tls = endpoint.transport.kind === 'tls' ? endpoint.transport.tls : undefined
  return connector.connect(target, tls, alpn, cluster.config.connectTimeoutMs ?? defaultConnectTimeoutMs, listener)
}

function defaultDial(cluster: Cluster, { address }: LbEndpoint): DialTarget {
  const { sourceAddress } = cluster
  return { host: address.address, port: address.port, ...(sourceAddress === undefined ? {} : { localAddress: sourceAddress }) }
}

/** Protocols that this engine does not speak upstream are never offered. */
const neverOffered = new Set(['istio-peer-exchange', 'h2', 'istio-h2'])

/** Istio's ALPN override names the HTTP inside of mutual TLS, so that the other side picks its HTTP filter chain. */
function httpAlpn(cluster: ClusterRuntime, endpoint: Endpoint, manager: ManagerRuntime): readonly string[] {
  if (endpoint.transport.kind !== 'tls') return []
  const overridden = manager.overridesAlpn && cluster.config.metadata?.['istio']?.['alpn_override'] !== 'false'
  if (overridden) return ['istio-http/1.1', 'istio', 'http/1.1']
  return (endpoint.transport.tls.common.alpnProtocols ?? []).filter((protocol) => !neverOffered.has(protocol))
}

function tcpAlpn(endpoint: Endpoint): readonly string[] {
  if (endpoint.transport.kind !== 'tls') return []
  // An opaque connection may carry any of them: only Istio's frame is withheld.
  return (endpoint.transport.tls.common.alpnProtocols ?? []).filter((protocol) => protocol !== 'istio-peer-exchange')
}

function terminalOf(chain: FilterChain, deps: ProxyDeps, current: () => Snapshot): TerminalFilter {
  for (const filter of chain.filters) {
    if (filter.kind === 'tcp-proxy') return { kind: 'tcp', proxy: filter.proxy }
    if (filter.kind !== 'http-connection-manager') continue
    const { manager: config } = filter
    const inline = config.routes.kind === 'inline' ? createRouteSet(config.routes.routeConfiguration, deps.compileRegex) : undefined
    const name = config.routes.kind === 'rds' ? config.routes.routeConfigName : ''
    return {
      kind: 'http',
      manager: {
        config,
        routes: () => inline ?? current().routes.get(name),
        overridesAlpn: config.httpFilters.some(({ kind }) => kind === 'alpn'),
        activeRequests: { count: 0, total: 0 },
      },
    }
  }
  return { kind: 'none' }
}

async function resolveWithSystem(hostname: string): Promise<readonly string[]> {
  if (isIP(hostname) !== 0) return [hostname]
  const found = await lookup(hostname, { all: true, order: 'ipv4first' })
  return found.map(({ address }) => address)
}
