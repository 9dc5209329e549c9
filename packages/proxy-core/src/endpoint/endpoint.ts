/** One upstream endpoint as the engine sees it: its address, weight, health, and the counters that balancing and outlier detection read. */
import type { LbEndpoint, UpstreamTransportSocket } from '@heddle/routing'
import type { HttpPool } from './http-pool.js'

interface PoolsByProtocol {
  http1: HttpPool | undefined
  http2: HttpPool | undefined
  auto: HttpPool | undefined
}

export class Endpoint {
  config: LbEndpoint
  readonly address: string
  readonly port: number
  /** `ADDRESS:PORT`. */
  readonly key: string
  readonly transport: UpstreamTransportSocket
  /** When it came to the cluster, on the monotonic clock: slow start counts from here. */
  readonly joinedMs: number
  weight: number
  priority = 0
  healthy: boolean
  /** Healthy, but used only for what the others cannot take. */
  degraded: boolean
  /** Taken out by outlier detection, and since when on the monotonic clock. */
  ejected = false
  ejectedAtMs = 0
  /** By how many base times it would be ejected now. */
  ejectionMultiplier = 0
  consecutive5xx = 0
  consecutiveGatewayFailures = 0
  consecutiveLocalFailures = 0
  activeRequests = 0
  activeConnections = 0
  requests = 0
  failures = 0
  /** Made with the first HTTP request. */
  readonly poolsByProtocol: PoolsByProtocol = { http1: undefined, http2: undefined, auto: undefined }
  /** Those for connection managers that leave the names of ALPN as the cluster has them. */
  readonly plainAlpnPools: PoolsByProtocol = { http1: undefined, http2: undefined, auto: undefined }
  /** Of clusters that take the server's name from requests: a pool for each name. */
  namedPools: Map<string, HttpPool> | undefined

  constructor(config: LbEndpoint, transport: UpstreamTransportSocket, joinedMs: number) {
    this.config = config
    this.address = config.address.address
    this.port = config.address.port
    this.key = `${this.address}:${this.port}`
    this.transport = transport
    this.joinedMs = joinedMs
    this.weight = config.loadBalancingWeight ?? 1
    this.healthy = isHealthy(config)
    this.degraded = config.healthStatus === 'DEGRADED'
  }

  /** All its pools. */
  *pools(): Iterable<HttpPool> {
    for (const { http1, http2, auto } of [this.poolsByProtocol, this.plainAlpnPools]) {
      if (http1 !== undefined) yield http1
      if (http2 !== undefined) yield http2
      if (auto !== undefined) yield auto
    }
    if (this.namedPools !== undefined) yield* this.namedPools.values()
  }

  /** Takes over what may change while connections stay. */
  update(config: LbEndpoint, priority: number): void {
    this.config = config
    this.priority = priority
    this.weight = config.loadBalancingWeight ?? 1
    this.healthy = isHealthy(config)
    this.degraded = config.healthStatus === 'DEGRADED'
  }
}

function isHealthy(config: LbEndpoint): boolean {
  return config.healthStatus !== 'UNHEALTHY' && config.healthStatus !== 'DRAINING' && config.healthStatus !== 'TIMEOUT'
}
