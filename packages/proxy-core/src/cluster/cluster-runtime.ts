/**
 * One cluster at work: its endpoints from EDS, its own assignment, DNS or the original destination, the breakers'
 * counters (envoy.config.cluster.v3.CircuitBreakers) and what became of requests, for outlier detection. Endpoints that
 * stay keep their connections over a change of configuration.
 */
import type { Clock, Random } from '@heddle/base'
import type {
  Cluster,
  ClusterLoadAssignment,
  LbEndpoint,
  LocalityLbEndpoints,
  UpstreamHttpOptions,
  UpstreamTransportSocket,
} from '@heddle/routing'
import type { Endpoint } from '../endpoint/endpoint.js'
import type { PoolCluster } from '../endpoint/http-pool.js'
import type { Hash64 } from '../message/xxhash64.js'
import { type DnsDeps, DnsResolution } from './dns-resolution.js'
import { LoadBalancer, type LocalityEndpoints } from './load-balancer.js'
import { OutlierDetector } from './outlier-detector.js'

export interface ClusterDeps extends DnsDeps {
  readonly clock: Clock
  readonly random: Random
  createEndpoint(config: LbEndpoint, transport: UpstreamTransportSocket): Endpoint
}

const defaultLimit = 1024
const defaultRetries = 3
const defaultBudgetPercent = 20
const defaultPoolIdleMs = 60_000
const plaintext: UpstreamTransportSocket = { kind: 'raw-buffer' }
const maxOriginalDestinations = 4096

type RetryBudget = NonNullable<NonNullable<Cluster['circuitBreakers']>['retryBudget']>

export class ClusterRuntime implements PoolCluster {
  config: Cluster
  readonly #deps: ClusterDeps
  readonly #dns: DnsResolution
  #endpoints = new Map<string, Endpoint>()
  #balancer: LoadBalancer
  #outliers: OutlierDetector | undefined
  /** Breakers and pool settings, read by every request. */
  maxRequests: number = defaultLimit
  maxConnections: number = defaultLimit
  maxPending: number = defaultLimit
  #maxRetries: number = defaultRetries
  #retryBudget: RetryBudget | undefined
  maxRequestsPerConnection = 0
  maxConnectionDurationMs = 0
  poolIdleMs: number = defaultPoolIdleMs
  /** Whether TLS connections are made for the name of the server that a request names. */
  namesServers = false
  activeRequests = 0
  activeConnections = 0
  activeRetries = 0
  pendingRequests = 0
  /** Totals for stats. */
  overflows = 0

  constructor(config: Cluster, assignment: ClusterLoadAssignment | undefined, deps: ClusterDeps) {
    this.config = config
    this.#deps = deps
    this.#dns = new DnsResolution(deps, (localities) => this.#replace(localities))
    this.#balancer = this.#createBalancer([])
    this.update(config, assignment)
  }

  get endpoints(): Iterable<Endpoint> {
    return this.#endpoints.values()
  }
  /** Retries that may be under way now. A budget counts the requests that wait for a connection, too. */
  get maxRetries(): number {
    if (this.#retryBudget === undefined) return this.#maxRetries
    const { percent = defaultBudgetPercent, minConcurrency = defaultRetries } = this.#retryBudget
    return Math.max(minConcurrency, (percent * this.activeRequests) / 100)
  }
  get detectsOutliers(): boolean {
    return this.#outliers !== undefined
  }

  /** Takes over new settings and endpoints. */
  update(config: Cluster, assignment: ClusterLoadAssignment | undefined): void {
    this.config = config
    this.#takeSettings(config)
    this.namesServers = config.http?.autoSni === true || config.http?.autoSanValidation === true
    this.#detectOutliers(config)
    this.#dns.stop()
    if (config.type === 'ORIGINAL_DST') return
    const localities = (config.type === 'EDS' ? assignment : config.loadAssignment)?.localities ?? []
    if (config.type === 'STRICT_DNS' || config.type === 'LOGICAL_DNS') this.#dns.start(config, localities)
    else this.#replace(localities)
  }

  #takeSettings({ circuitBreakers, http }: Cluster): void {
    this.maxRequests = circuitBreakers?.maxRequests ?? defaultLimit
    this.maxConnections = circuitBreakers?.maxConnections ?? defaultLimit
    this.maxPending = circuitBreakers?.maxPendingRequests ?? defaultLimit
    this.#maxRetries = circuitBreakers?.maxRetries ?? defaultRetries
    this.#retryBudget = circuitBreakers?.retryBudget
    this.#takeHttp(http ?? {})
  }

  #takeHttp({ maxRequestsPerConnection, maxConnectionDurationMs, idleTimeoutMs }: UpstreamHttpOptions): void {
    this.maxRequestsPerConnection = maxRequestsPerConnection ?? 0
    this.maxConnectionDurationMs = maxConnectionDurationMs ?? 0
    this.poolIdleMs = idleTimeoutMs ?? defaultPoolIdleMs
  }

  #detectOutliers({ outlierDetection }: Cluster): void {
    if (outlierDetection === undefined) {
      this.#outliers?.close()
      this.#outliers = undefined
    } else if (this.#outliers === undefined) {
      this.#outliers = new OutlierDetector(outlierDetection, {
        clock: this.#deps.clock,
        random: this.#deps.random,
        endpoints: () => this.#endpoints.values(),
        onChange: () => this.#balancer.refresh(),
      })
    } else this.#outliers.update(outlierDetection)
  }

  /** A connection is gone; with requests waiting in some pool its place is theirs. */
  connectionGone(): void {
    this.activeConnections--
    if (this.pendingRequests === 0 || this.activeConnections >= this.maxConnections) return
    for (const endpoint of this.#endpoints.values()) for (const pool of endpoint.pools()) pool.dialAsNeeded()
  }

  pick(hash: Hash64 | undefined): Endpoint | undefined {
    return this.#balancer.pick(hash)
  }

  /** Another one than the excluded, if there is any. */
  pickExcept(isExcluded: (endpoint: Endpoint) => boolean): Endpoint | undefined {
    return this.#balancer.pickExcept(isExcluded)
  }

  /** The endpoint of an ORIGINAL_DST cluster for one destination. */
  originalDestination(address: string, port: number): Endpoint {
    const key = `${address}:${port}`
    const known = this.#endpoints.get(key)
    if (known !== undefined) return known
    if (this.#endpoints.size >= maxOriginalDestinations) this.#forgetIdle()
    const config = { address: { address, port } }
    const endpoint = this.#deps.createEndpoint(config, transportOf(this.config, config))
    this.#endpoints.set(key, endpoint)
    return endpoint
  }

  /** An endpoint has answered. @param status the HTTP status, or that which stands for the gRPC status. */
  answered(endpoint: Endpoint, status: number): void {
    if (status >= 500) endpoint.failures++
    this.#outliers?.answered(endpoint, status)
  }

  /** An endpoint could not be reached, broke off (503) or was too slow (504). */
  failedLocally(endpoint: Endpoint, status: 503 | 504): void {
    endpoint.failures++
    this.#outliers?.failedLocally(endpoint, status)
  }

  /** There is a connection to an endpoint. @param isAll nothing else will be known of this use of it. */
  connected(endpoint: Endpoint, isAll: boolean): void {
    this.#outliers?.connected(endpoint, isAll)
  }

  close(): void {
    this.#stop()
    for (const endpoint of this.#endpoints.values()) for (const pool of endpoint.pools()) pool.close()
  }

  /** The cluster is no longer configured: what runs ends by itself. */
  drain(): void {
    this.#stop()
    for (const endpoint of this.#endpoints.values()) for (const pool of endpoint.pools()) pool.drain()
  }

  #stop(): void {
    this.#dns.stop()
    this.#outliers?.close()
    this.#outliers = undefined
  }

  #forgetIdle(): void {
    for (const [key, endpoint] of this.#endpoints)
      if (endpoint.activeConnections === 0 && endpoint.activeRequests === 0) this.#endpoints.delete(key)
  }

  #createBalancer(localities: readonly LocalityEndpoints[]): LoadBalancer {
    const { clock, random } = this.#deps
    return new LoadBalancer(this.config, localities, { random, monotonicMs: () => clock.monotonicMs() })
  }

  #replace(localities: readonly LocalityLbEndpoints[]): void {
    const before = this.#endpoints
    const next = new Map<string, Endpoint>()
    const groups = localities.map(({ endpoints, priority = 0, loadBalancingWeight: weight = 0 }) => {
      const members: Endpoint[] = []
      for (const config of endpoints) {
        // An address counts once, where it comes first.
        if (next.has(`${config.address.address}:${config.address.port}`)) continue
        const endpoint = this.#keepOrCreate(before, config)
        endpoint.update(config, priority)
        next.set(endpoint.key, endpoint)
        members.push(endpoint)
      }
      return { priority, weight, endpoints: members }
    })
    for (const [key, endpoint] of before) if (next.get(key) !== endpoint) for (const pool of endpoint.pools()) pool.drain()
    this.#endpoints = next
    this.#balancer = this.#createBalancer(groups)
  }

  #keepOrCreate(before: ReadonlyMap<string, Endpoint>, config: LbEndpoint): Endpoint {
    const transport = transportOf(this.config, config)
    const known = before.get(`${config.address.address}:${config.address.port}`)
    const same = known !== undefined && (known.transport === transport || JSON.stringify(known.transport) === JSON.stringify(transport))
    return same ? known : this.#deps.createEndpoint(config, transport)
  }
}

function transportOf(cluster: Cluster, endpoint: LbEndpoint): UpstreamTransportSocket {
  const matches = cluster.transportSocketMatches
  if (matches === undefined) return cluster.transportSocket ?? plaintext
  const labels = endpoint.metadata?.['envoy.transport_socket_match'] ?? {}
  const found = matches.find(({ match }) => Object.entries(match).every(([key, value]) => labels[key] === value))
  return found?.transportSocket ?? cluster.transportSocket ?? plaintext
}
