/** When a request is tried again: Envoy's `x-envoy-retry-on` conditions (router filter), compiled once a route. */
import type { RetryPolicy } from '@heddle/routing'
import type { ResetReason } from '../codec/stream.js'

export interface RetryRuntime {
  readonly maxRetries: number
  readonly perTryTimeoutMs: number
  readonly avoidsTriedHosts: boolean
  readonly hostPicks: number
  onStatus(status: number, grpcStatus: string | undefined): boolean
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

export function compileRetryPolicy(policy: RetryPolicy | undefined): RetryRuntime | undefined {
  const conditions = new Set(
    (policy?.retryOn ?? '')
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  )
  if (policy === undefined || conditions.size === 0) return undefined
  const statuses = new Set(policy.retriableStatusCodes)
  const codes = new Set(
    Object.keys(grpcCodes)
      .filter((name) => conditions.has(name))
      .map((name) => grpcCodes[name]),
  )
  const on5xx = conditions.has('5xx')
  const onGatewayError = conditions.has('gateway-error')
  const on409 = conditions.has('retriable-4xx')
  const onListed = conditions.has('retriable-status-codes')
  const anyReset = conditions.has('5xx') || conditions.has('gateway-error') || conditions.has('reset')
  const baseMs = policy.backOff?.baseIntervalMs ?? 25
  const maxMs = policy.backOff?.maxIntervalMs ?? baseMs * 10
  return {
    maxRetries: policy.numRetries ?? 1,
    perTryTimeoutMs: policy.perTryTimeoutMs ?? 0,
    avoidsTriedHosts: policy.previousHosts ?? false,
    hostPicks: policy.hostSelectionRetryMaxAttempts ?? 1,
    onStatus(status, grpcStatus) {
      if (on5xx && status >= 500) return true
      if (onGatewayError && status >= 502 && status <= 504) return true
      if (on409 && status === 409) return true
      if (onListed && statuses.has(status)) return true
      return grpcStatus !== undefined && codes.has(grpcStatus)
    },
    onReset(reason, sent) {
      if (reason === 'overflow') return false
      if (anyReset) return true
      if (conditions.has('connect-failure') && (reason === 'connection-failure' || reason === 'connection-timeout')) return true
      return conditions.has('reset-before-request') && !sent && reason !== 'per-try-timeout'
    },
    backOffMs: (attempt, random) => Math.min((2 ** attempt - 1) * baseMs, maxMs) * random,
  }
}
