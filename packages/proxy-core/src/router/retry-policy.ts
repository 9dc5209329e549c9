/** When a request is tried again: Envoy's `x-envoy-retry-on` conditions (router filter), compiled once a route. */
import type { RetryPolicy } from '@heddle/routing'
import type { ResetReason } from '../codec/stream.js'
import type { HeaderBlock } from '../message/header-block.js'

export interface RetryRuntime {
  readonly maxRetries: number
  readonly perTryTimeoutMs: number
  readonly avoidsTriedHosts: boolean
  readonly hostPicks: number
  onAnswer(status: number, headers: HeaderBlock): boolean
  /** @param sent whether the head had been written to an upstream connection. */
  onReset(reason: ResetReason | 'per-try-timeout', sent: boolean): boolean
  /** Uniform in the growing window of Envoy's back-off. @param attempt from 1. */
  backOffMs(attempt: number, random: number): number
}

const grpcCodes: Readonly<Record<string, string>> = {
  cancelled: '1',
  'deadline-exceeded': '4',
  internal: '13',
  'resource-exhausted': '8',
  unavailable: '14',
}

/** @param routeTimeoutMs 0: none. */
export function compileRetryPolicy(policy: RetryPolicy | undefined, routeTimeoutMs: number): RetryRuntime | undefined {
  const conditions = new Set(
    (policy?.retryOn ?? '')
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  )
  if (policy === undefined || conditions.size === 0) return undefined
  const onStatus = statusCondition(conditions, policy)
  const onGrpc = grpcCondition(conditions)
  const anyReset = conditions.has('5xx') || conditions.has('gateway-error') || conditions.has('reset')
  const baseMs = policy.backOff?.baseIntervalMs ?? 25
  const maxMs = policy.backOff?.maxIntervalMs ?? baseMs * 10
  return {
    maxRetries: policy.numRetries ?? 1,
    perTryTimeoutMs: perTryTimeoutMs(policy, routeTimeoutMs),
    avoidsTriedHosts: policy.previousHosts ?? false,
    hostPicks: policy.hostSelectionRetryMaxAttempts ?? 1,
    onAnswer: (status, headers) => (onStatus(status) || onGrpc(headers)) && !isHeldOff(headers),
    onReset(reason, sent) {
      if (reason === 'overflow') return false
      if (anyReset) return true
      if (conditions.has('connect-failure') && (reason === 'connection-failure' || reason === 'connection-timeout')) return true
      if (conditions.has('refused-stream') && reason === 'refused-stream') return true
      return conditions.has('reset-before-request') && !sent && reason !== 'per-try-timeout'
    },
    backOffMs: (attempt, random) => Math.min((2 ** attempt - 1) * baseMs, maxMs) * random,
  }
}

/** The upstream's side says that it has too much already. */
function isHeldOff(headers: HeaderBlock): boolean {
  return headers.has('x-envoy-overloaded') || headers.has('x-envoy-ratelimited')
}

function statusCondition(conditions: ReadonlySet<string>, policy: RetryPolicy): (status: number) => boolean {
  const statuses = new Set(policy.retriableStatusCodes)
  const on5xx = conditions.has('5xx')
  const onGatewayError = conditions.has('gateway-error')
  const on409 = conditions.has('retriable-4xx')
  const onListed = conditions.has('retriable-status-codes')
  return (status) =>
    (on5xx && status >= 500) ||
    (onGatewayError && status >= 502 && status <= 504) ||
    (on409 && status === 409) ||
    (onListed && statuses.has(status))
}

/** Of answers that are all head: the status in trailers comes too late. */
function grpcCondition(conditions: ReadonlySet<string>): (headers: HeaderBlock) => boolean {
  const names = Object.keys(grpcCodes).filter((name) => conditions.has(name))
  if (names.length === 0) return () => false
  const codes = new Set(names.map((name) => grpcCodes[name]))
  return (headers) => codes.has(headers.first('grpc-status'))
}

/** One that the route's own timeout makes pointless is none, as in Envoy. */
function perTryTimeoutMs({ perTryTimeoutMs: perTryMs = 0 }: RetryPolicy, routeTimeoutMs: number): number {
  return routeTimeoutMs > 0 && perTryMs >= routeTimeoutMs ? 0 : perTryMs
}
