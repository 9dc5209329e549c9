/**
 * The way of a request, wired: listener -> connection -> codec -> filters -> router -> cluster -> endpoint -> transport.
 * Each of these knows only the types of what comes after it; here they meet. State that outlives a configuration (pools,
 * deadlines, secure contexts) lives here, the configuration itself in a `Snapshot` that is replaced as a whole.
 */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { type Clock, type Logger, type Random, silentLogger } from '@heddle/base'
import { type Cluster, type FilterChain, isMisdirected, matchFilterChain, type SecretSource } from '@heddle/routing'
import { Http1ServerConnection } from './codec/http1/server-connection.js'
import { Http2ServerConnection } from './codec/http2/server-connection.js'
import { ClusterRuntime } from './cluster/cluster-runtime.js'
import type { ConnectionDeps } from './connection/connection-deps.js'
import { DeadlineQueue } from './deadline-queue.js'
import type { DownstreamConnection } from './decision-record.js'
import type { ProxyDeps } from './deps.js'
import { Endpoint } from './endpoint/endpoint.js'
import { guardedClock, guardedLogger, guardedRandom } from './guard/guarded-deps.js'
import { createRequestIds } from './filters/forwarding-headers.js'
import { createFilterSet } from './filters/http-filter.js'
import type { TerminalFilter } from './listener/listener-runtime.js'
import { Exchange } from './router/exchange.js'
import type { ExchangeDeps, ManagerRuntime } from './router/exchange-deps.js'
import { createRouteSet } from './router/route-set.js'
import { singleClusterManager } from './router/single-cluster-manager.js'
import type { Snapshot } from './config/snapshot.js'
import { silentTelemetry } from './telemetry.js'
import { guarded } from './telemetry/guarded.js'
import type { Http2Deps } from './codec/http2/options.js'
import { AbortWatch } from './transport/abort-watch.js'
import { createConnector } from './transport/connector.js'
import { createPeerVerifier } from './transport/peer-verifier.js'
import { createTlsContexts } from './transport/tls-contexts.js'
import { createTlsServer } from './transport/tls-server.js'
import { flushAtTurnEnd } from './transport/write-batch.js'
import { createUpstreams, type Upstreams } from './upstreams.js'

export interface DataPath {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly connections: ConnectionDeps
  readonly aborts: AbortWatch
  createCluster(config: Cluster, snapshot: Pick<Snapshot, 'assignments'>): ClusterRuntime
  /** The terminal filter of a chain with what it needs to run. @throws when a regular expression cannot be compiled. */
  readonly terminalOf: (chain: FilterChain) => TerminalFilter
  close(): void
}

/** Managers for clusters that have none of their own; beyond these the oldest goes, since configurations that are gone tell nobody. */
const maxSyntheticManagers = 1024

const noSecrets: SecretSource = { get: () => undefined, subscribe: () => () => {} }

export function createDataPath(deps: ProxyDeps, current: () => Snapshot): DataPath {
  const logger = deps.logger === undefined ? silentLogger : guardedLogger(deps.logger)
  const clock = guardedClock(deps.clock, logger)
  const random = guardedRandom(deps.random)
  const secrets = deps.secrets ?? noSecrets
  const deadlines = new DeadlineQueue(clock, logger)
  const contexts = createTlsContexts(secrets, {
    onRefused: (name, reason) => logger.error('a new certificate cannot be used; the one before it goes on serving', { name, reason }),
  })
  const verifier = createPeerVerifier(secrets, clock, deps.compileRegex)
  const aborts = new AbortWatch(clock)
  const connector = createConnector({ contexts, verifier, clock, logger, aborts })
  const unsubscribe = secrets.subscribe((name) => {
    contexts.secretChanged(name)
    verifier.secretChanged(name)
  })
  const http2: Http2Deps = { deadlines, monotonicMs: () => clock.monotonicMs(), flushAtTurnEnd }
  const upstreams = createUpstreams(deps, { clock, logger, deadlines, connector, verifier, http2 })
  const exchange = createExchangeDeps(deps, { clock, random, logger, deadlines, upstreams }, current)
  const synthetic = new Map<string, ManagerRuntime>()

  const connections: ConnectionDeps = {
    exchange,
    logger,
    tlsServer: createTlsServer({ contexts, verifier, logger, aborts }),
    trustIn: (peer) => verifier.trustIn(peer),
    acceptsHttp10: deps.acceptsHttp10 ?? true,
    minBodyRate: deps.minBodyRate,
    detectionDeadlineMs: deps.detectionDeadlineMs ?? 10_000,
    handshakeDeadlineMs: deps.handshakeDeadlineMs ?? 10_000,
    matchChain: matchFilterChain,
    listenerFor: (address, port) => current().byAddress.get(`${address}:${port}`) ?? current().byAddress.get(`0.0.0.0:${port}`),
    createCodec: (channel, owner, options) => new Http1ServerConnection(channel, owner, options),
    createHttp2Codec: (channel, owner, options) => new Http2ServerConnection(channel, owner, options, http2),
    createExchange: (manager, connection, stream) => new Exchange(exchange, manager, connection, stream),
    dialTcp: upstreams.dialTcp,
    managerFor: (cluster) => {
      let manager = synthetic.get(cluster)
      if (manager !== undefined) return manager
      if (synthetic.size >= maxSyntheticManagers) synthetic.delete(synthetic.keys().next().value as string)
      synthetic.set(cluster, (manager = singleClusterManager(cluster)))
      return manager
    },
    resolveName: deps.resolveName ?? ((host, port) => (isIP(host) === 0 ? undefined : { address: host, port })),
  }

  return {
    clock,
    random,
    logger,
    connections,
    aborts,
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
      aborts.close()
    },
  }
}

interface Parts {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly deadlines: DeadlineQueue
  readonly upstreams: Upstreams
}

function createExchangeDeps(deps: ProxyDeps, parts: Parts, current: () => Snapshot): ExchangeDeps {
  const { upstreams, ...shared } = parts
  return {
    ...shared,
    ...upstreams,
    telemetry: guarded(deps.telemetry ?? silentTelemetry, parts.logger),
    ids: createRequestIds(parts.random),
    filters: createFilterSet(deps.filters ?? [], parts.logger),
    mirrors: { count: 0, bytes: 0 },
    maxBufferedBytes: deps.maxBufferedBytes ?? 1_048_576,
    isMisdirected: ({ listener, filterChain }, host) => filterChain !== undefined && isMisdirected(listener, filterChain, host),
    cluster: (name) => current().clusters.get(name),
    pickEndpoint: (cluster, connection: DownstreamConnection, hash) =>
      cluster.config.type === 'ORIGINAL_DST'
        ? cluster.originalDestination(connection.localAddress, connection.localPort)
        : cluster.pick(hash),
  }
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
        routeFilters: config.httpFilters.map(({ kind }) => kind).filter((kind) => kind === 'fault' || kind === 'cors'),
        activeFaults: { count: 0 },
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
