/** DestinationRule connectionPool -> Envoy circuit breakers, timeouts, keep-alive and upstream HTTP options. */
import type { CircuitBreakerThresholds, Cluster, TcpProxy, UpstreamHttpOptions } from '@heddle/routing'
import type { ConnectionPoolSettings, WholePolicy } from '../resources/destination-rule.js'
import { durationMs } from '../resources/duration-field.js'
import { isHttp, isHttp2, type PortProtocol } from '../snapshot/port-protocol.js'

type RetryBudget = NonNullable<WholePolicy['retryBudget']>

/** Istio sets every threshold to the largest number: Envoy's own default of 1024 would be a surprise. */
const unlimited = 4_294_967_295

export function circuitBreakers(pool: ConnectionPoolSettings | undefined, budget?: RetryBudget): CircuitBreakerThresholds {
  return {
    maxConnections: pool?.tcp?.maxConnections || unlimited,
    maxPendingRequests: pool?.http?.http1MaxPendingRequests || unlimited,
    maxRequests: pool?.http?.http2MaxRequests || unlimited,
    maxRetries: pool?.http?.maxRetries || unlimited,
    ...(budget === undefined ? {} : { retryBudget: retryBudget(budget) }),
  }
}

/** With Istio's defaults, which are Envoy's. */
function retryBudget({ percent, minRetryConcurrency }: RetryBudget): NonNullable<CircuitBreakerThresholds['retryBudget']> {
  return { percent: percent ?? 20, minConcurrency: minRetryConcurrency ?? 3 }
}

export function tcpKeepalive(pool: ConnectionPoolSettings | undefined): Pick<Cluster, 'tcpKeepalive'> {
  const settings = pool?.tcp?.tcpKeepalive
  if (settings === undefined) return {}
  const time = durationMs(settings.time)
  const interval = durationMs(settings.interval)
  return {
    tcpKeepalive: {
      ...(settings.probes ? { probes: settings.probes } : {}),
      ...(time === undefined ? {} : { timeSeconds: Math.round(time / 1000) }),
      ...(interval === undefined ? {} : { intervalSeconds: Math.round(interval / 1000) }),
    },
  }
}

/** Of TCP these act in the proxy of the connection, not in the cluster. */
export function tcpLimits(pool: ConnectionPoolSettings | undefined): Pick<TcpProxy, 'idleTimeoutMs' | 'maxConnectionDurationMs'> {
  const idleTimeoutMs = durationMs(pool?.tcp?.idleTimeout)
  const maxConnectionDurationMs = durationMs(pool?.tcp?.maxConnectionDuration)
  return {
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(maxConnectionDurationMs ? { maxConnectionDurationMs } : {}),
  }
}

/** Only a sidecar passes the client's protocol on: a gateway does not detect protocols. */
export function upstreamHttp(
  protocol: PortProtocol,
  pool: ConnectionPoolSettings | undefined,
  detects: boolean,
): UpstreamHttpOptions | undefined {
  const chosen = upstreamProtocol(protocol, pool, detects)
  const { maxRequestsPerConnection, maxConcurrentStreams } = pool?.http ?? {}
  const common = {
    ...connectionLife(pool),
    ...(maxRequestsPerConnection ? { maxRequestsPerConnection } : {}),
    ...(maxConcurrentStreams && chosen === 'http2' ? { maxConcurrentStreams } : {}),
    ...(chosen === 'http2' ? keepAlive(pool) : {}),
  }
  if (chosen === undefined && Object.keys(common).length === 0) return undefined
  return { protocol: chosen ?? 'http1', ...common }
}

/** As with istiod TCP's idle time counts where HTTP's says nothing; 0 is never. */
function connectionLife(pool: ConnectionPoolSettings | undefined): Pick<UpstreamHttpOptions, 'idleTimeoutMs' | 'maxConnectionDurationMs'> {
  const idleTimeoutMs = durationMs(pool?.http?.idleTimeout)
  return { ...tcpLimits(pool), ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }) }
}

/** Both or neither, as validation has it. */
function keepAlive(pool: ConnectionPoolSettings | undefined): Pick<UpstreamHttpOptions, 'http2KeepAlive'> {
  const intervalMs = durationMs(pool?.http?.http2KeepAlive?.interval)
  const timeoutMs = durationMs(pool?.http?.http2KeepAlive?.timeout)
  return intervalMs && timeoutMs ? { http2KeepAlive: { intervalMs, timeoutMs } } : {}
}

function upstreamProtocol(
  protocol: PortProtocol,
  pool: ConnectionPoolSettings | undefined,
  detects: boolean,
): UpstreamHttpOptions['protocol'] | undefined {
  if (pool?.http?.useClientProtocol === true) return 'use-downstream'
  const upgrade = pool?.http?.h2UpgradePolicy === 'UPGRADE' && (isHttp(protocol) || protocol === 'auto')
  if (isHttp2(protocol) || upgrade) return 'http2'
  return protocol === 'auto' && detects ? 'use-downstream' : undefined
}
