/**
 * One cluster at work: its endpoints from EDS, its own assignment, DNS or the original destination, the breakers'
 * counters (envoy.config.cluster.v3.CircuitBreakers) and passive outlier detection. Endpoints that stay keep their
 * connections over a change of configuration.
 */
import type { Clock, Random, Timer } from '@heddle/base'
import type { Cluster, ClusterLoadAssignment, LbEndpoint, OutlierDetection, UpstreamTransportSocket } from '@heddle/routing'
import type { Endpoint } from '../endpoint/endpoint.js'
import type { PoolCluster } from '../endpoint/http-pool.js'
import { createLoadBalancer, type LoadBalancer } from './load-balancer.js'

export interface ClusterDeps {
  readonly clock: Clock
  readonly random: Random
  createEndpoint(config: LbEndpoint, transport: UpstreamTransportSocket): Endpoint
  /** Addresses of a host name. */
  resolve(hostname: string): Promise<readonly string[]>
  onResolveFailed(cluster: string, hostname: string, error: unknown): void
}

const defaultLimit = 1024
const defaultPoolIdleMs = 60_000
const plaintext: UpstreamTransportSocket = { kind: 'raw-buffer' }
const maxOriginalDestinations = 4096

export class ClusterRuntime implements PoolCluster {
  config: Cluster
  readonly #deps: ClusterDeps
  #endpoints = new Map<string, Endpoint>()
  #balancer: LoadBalancer
  #refresh: Timer | undefined
  #closed = false
  /** Breakers and pool settings, read by every request. */
  maxRequests: number = defaultLimit
  maxConnections: number = defaultLimit
  maxPending: number = defaultLimit
  maxRetries = 3
  maxRequestsPerConnection = 0
  poolIdleMs: number = defaultPoolIdleMs
  activeRequests = 0
  activeConnections = 0
  activeRetries = 0
  pendingRequests = 0
  /** Totals for stats. */
  overflows = 0

  constructor(config: Cluster, assignment: ClusterLoadAssignment | undefined, deps: ClusterDeps) {
    this.config = config
    this.#deps = deps
    this.#balancer = createLoadBalancer(config, [], deps.random, () => deps.clock.monotonicMs())
    this.update(config, assignment)
  }

  get endpoints(): Iterable<Endpoint> {
    return this.#endpoints.values()
  }
  /** Takes over new settings and endpoints. */
  update(config: Cluster, assignment: ClusterLoadAssignment | undefined): void {
    this.config = config
    this.#takeSettings(config)
    this.#refresh?.cancel()
    const source = config.type === 'EDS' ? assignment : config.loadAssignment
    if (config.type === 'ORIGINAL_DST') return
    if (config.type === 'STRICT_DNS' || config.type === 'LOGICAL_DNS')
      this.#resolveAll(source).catch((error: unknown) => this.#deps.onResolveFailed(this.config.name, '', error))
    else
      this.#replace(
        source?.localities.flatMap(({ endpoints, priority }) => endpoints.map((endpoint) => ({ endpoint, priority: priority ?? 0 }))) ?? [],
      )
  }

  #takeSettings({ circuitBreakers, http }: Cluster): void {
    this.maxRequests = circuitBreakers?.maxRequests ?? defaultLimit
    this.maxConnections = circuitBreakers?.maxConnections ?? defaultLimit
    this.maxPending = circuitBreakers?.maxPendingRequests ?? defaultLimit
    this.maxRetries = circuitBreakers?.maxRetries ?? 3
    this.maxRequestsPerConnection = http?.maxRequestsPerConnection ?? 0
    this.poolIdleMs = http?.idleTimeoutMs ?? defaultPoolIdleMs
  }

  /** A connection is gone; with requests waiting in some pool its place is theirs. */
  connectionGone(): void {
    this.activeConnections--
    if (this.pendingRequests === 0 || this.activeConnections >= this.maxConnections) return
    for (const endpoint of this.#endpoints.values()) endpoint.pool?.dialAsNeeded()
  }

  pick(hash: number | undefined): Endpoint | undefined {
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
    const endpoint = this.#create({ address: { address, port } })
    this.#endpoints.set(key, endpoint)
    return endpoint
  }

  /** Counts an outcome for outlier detection. Local failures count as 5xx, as in Envoy without split mode. */
  observe(endpoint: Endpoint, status: number, localFailure: boolean): void {
    const failed = localFailure || status >= 500
    if (failed) endpoint.failures++
    const outlier = this.config.outlierDetection
    if (outlier === undefined) return
    if (!failed) {
      endpoint.consecutive5xx = 0
      endpoint.consecutiveGatewayFailures = 0
      return
    }
    endpoint.consecutive5xx++
    if (localFailure || (status >= 502 && status <= 504)) endpoint.consecutiveGatewayFailures++
    else endpoint.consecutiveGatewayFailures = 0
    if (this.#isOutlier(endpoint, outlier)) this.#eject(endpoint)
  }

  close(): void {
    this.#closed = true
    this.#refresh?.cancel()
    for (const endpoint of this.#endpoints.values()) endpoint.pool?.close()
  }

  /** The cluster is no longer configured: what runs ends by itself. */
  drain(): void {
    this.#closed = true
    this.#refresh?.cancel()
    for (const endpoint of this.#endpoints.values()) endpoint.pool?.drain()
  }

  #isOutlier(endpoint: Endpoint, outlier: OutlierDetection): boolean {
    const limit5xx = outlier.consecutive5xx ?? 5
    if (limit5xx > 0 && endpoint.consecutive5xx >= limit5xx && this.#enforces(outlier.enforcingConsecutive5xx ?? 100)) return true
    const limitGateway = outlier.consecutiveGatewayFailure ?? 5
    return (
      limitGateway > 0 &&
      endpoint.consecutiveGatewayFailures >= limitGateway &&
      this.#enforces(outlier.enforcingConsecutiveGatewayFailure ?? 0)
    )
  }

  #enforces(percent: number): boolean {
    return percent >= 100 || this.#deps.random.next() * 100 < percent
  }

  #eject(endpoint: Endpoint): void {
    const outlier = this.config.outlierDetection
    const nowMs = this.#deps.clock.monotonicMs()
    if (outlier === undefined || endpoint.ejectedUntilMs > nowMs) return
    const all = [...this.#endpoints.values()]
    const ejected = all.filter(({ ejectedUntilMs }) => ejectedUntilMs > nowMs).length
    if ((ejected + 1) * 100 > (outlier.maxEjectionPercent ?? 10) * all.length) return
    endpoint.ejections++
    endpoint.consecutive5xx = 0
    endpoint.consecutiveGatewayFailures = 0
    endpoint.ejectedUntilMs = nowMs + Math.min((outlier.baseEjectionTimeMs ?? 30_000) * endpoint.ejections, 300_000)
  }

  #forgetIdle(): void {
    for (const [key, endpoint] of this.#endpoints)
      if (endpoint.activeConnections === 0 && endpoint.activeRequests === 0) this.#endpoints.delete(key)
  }

  #create(config: LbEndpoint): Endpoint {
    return this.#deps.createEndpoint(config, transportOf(this.config, config))
  }

  #replace(entries: readonly { readonly endpoint: LbEndpoint; readonly priority: number }[]): void {
    const next = new Map<string, Endpoint>()
    for (const { endpoint: config, priority } of entries) {
      const key = `${config.address.address}:${config.address.port}`
      const transport = transportOf(this.config, config)
      const known = this.#endpoints.get(key)
      const same = known !== undefined && JSON.stringify(known.transport) === JSON.stringify(transport)
      const endpoint = same ? known : this.#deps.createEndpoint(config, transport)
      endpoint.update(config, priority)
      next.set(key, endpoint)
    }
    for (const [key, endpoint] of this.#endpoints) if (next.get(key) !== endpoint) endpoint.pool?.drain()
    this.#endpoints = next
    this.#balancer = createLoadBalancer(this.config, [...next.values()], this.#deps.random, () => this.#deps.clock.monotonicMs())
  }

  async #resolveAll(source: ClusterLoadAssignment | undefined): Promise<void> {
    const entries: { endpoint: LbEndpoint; priority: number }[] = []
    for (const { endpoints, priority } of source?.localities ?? []) {
      for (const endpoint of endpoints) {
        const addresses = await this.#resolve(endpoint.address.address)
        for (const address of addresses)
          entries.push({ endpoint: { ...endpoint, address: { address, port: endpoint.address.port } }, priority: priority ?? 0 })
      }
    }
    if (this.#closed) return
    // A failed look-up keeps the addresses that worked last.
    if (entries.length > 0) this.#replace(entries)
    const refreshMs = this.config.dns?.refreshRateMs ?? 5000
    this.#refresh = this.#deps.clock.setTimer(refreshMs, () => {
      this.#resolveAll(source).catch((error: unknown) => this.#deps.onResolveFailed(this.config.name, '', error))
    })
  }

  async #resolve(hostname: string): Promise<readonly string[]> {
    try {
      return await this.#deps.resolve(hostname)
    } catch (error) {
      this.#deps.onResolveFailed(this.config.name, hostname, error)
      return []
    }
  }
}

function transportOf(cluster: Cluster, endpoint: LbEndpoint): UpstreamTransportSocket {
  const matches = cluster.transportSocketMatches
  if (matches === undefined) return cluster.transportSocket ?? plaintext
  const labels = endpoint.metadata?.['envoy.transport_socket_match'] ?? {}
  const found = matches.find(({ match }) => Object.entries(match).every(([key, value]) => labels[key] === value))
  return found?.transportSocket ?? cluster.transportSocket ?? plaintext
}
