/** One upstream endpoint as the engine sees it: its address, weight, health, and the counters that balancing and outlier detection read. */
import type { LbEndpoint, UpstreamTransportSocket } from '@heddle/routing'
import type { HttpPool } from './http-pool.js'

export class Endpoint {
  readonly config: LbEndpoint
  readonly address: string
  readonly port: number
  /** `ADDRESS:PORT`. */
  readonly key: string
  readonly transport: UpstreamTransportSocket
  weight: number
  priority = 0
  healthy: boolean
  /** On the monotonic clock; 0: not ejected. */
  ejectedUntilMs = 0
  ejections = 0
  consecutive5xx = 0
  consecutiveGatewayFailures = 0
  activeRequests = 0
  activeConnections = 0
  requests = 0
  failures = 0
  /** Made with the first HTTP request. */
  pool: HttpPool | undefined

  constructor(config: LbEndpoint, transport: UpstreamTransportSocket) {
    this.config = config
    this.address = config.address.address
    this.port = config.address.port
    this.key = `${this.address}:${this.port}`
    this.transport = transport
    this.weight = config.loadBalancingWeight ?? 1
    this.healthy = isHealthy(config)
  }

  /** Takes over what may change while connections stay. */
  update(config: LbEndpoint, priority: number): void {
    this.priority = priority
    this.weight = config.loadBalancingWeight ?? 1
    this.healthy = isHealthy(config)
  }
}

function isHealthy(config: LbEndpoint): boolean {
  return config.healthStatus !== 'UNHEALTHY' && config.healthStatus !== 'DRAINING' && config.healthStatus !== 'TIMEOUT'
}
