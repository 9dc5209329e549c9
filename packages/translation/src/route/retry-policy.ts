/** VirtualService retries -> Envoy's retry policy, with the mesh's default of two more tries when nothing is said. */
import type { RetryPolicy } from '@heddle/routing'
import type { HttpRetry } from '../resources/virtual-service.js'
import { durationMs } from '../resources/duration-field.js'

const defaultConditions = 'connect-failure,refused-stream,unavailable,cancelled'

/** Retried tries avoid hosts that failed, except under consistent hashing: there the same host is wanted. */
export function retryPolicy(retries: HttpRetry | undefined, consistentHash: boolean): RetryPolicy | undefined {
  if (retries === undefined) return { ...base(consistentHash), retryOn: `${defaultConditions},retriable-status-codes`, numRetries: 2 }
  if (!retries.attempts) return undefined
  const { retryOn, statusCodes } = conditions(retries.retryOn)
  const perTryTimeoutMs = durationMs(retries.perTryTimeout)
  const baseIntervalMs = durationMs(retries.backoff)
  return {
    ...base(typeof retries.retryIgnorePreviousHosts === 'boolean' ? !retries.retryIgnorePreviousHosts : consistentHash),
    retryOn,
    numRetries: retries.attempts,
    ...(statusCodes.length === 0 ? {} : { retriableStatusCodes: statusCodes }),
    ...(perTryTimeoutMs === undefined ? {} : { perTryTimeoutMs }),
    ...(retries.retryRemoteLocalities === true ? { previousPriorities: { updateFrequency: 2 } } : {}),
    ...(baseIntervalMs === undefined ? {} : { backOff: { baseIntervalMs } }),
  }
}

function base(sameHostWanted: boolean): Pick<RetryPolicy, 'previousHosts' | 'hostSelectionRetryMaxAttempts'> {
  return { ...(sameHostWanted ? {} : { previousHosts: true }), hostSelectionRetryMaxAttempts: 5 }
}

/** Numbers among the conditions are status codes; Envoy wants those apart. */
function conditions(text: string | undefined): { readonly retryOn: string; readonly statusCodes: readonly number[] } {
  if (!text) return { retryOn: `${defaultConditions},retriable-status-codes`, statusCodes: [] }
  const parts = text.split(',').map((part) => part.trim())
  const statusCodes = parts.filter((part) => /^\d{3}$/.test(part)).map(Number)
  const names = parts.filter((part) => part !== '' && !/^\d+$/.test(part))
  if (statusCodes.length > 0 && !names.includes('retriable-status-codes')) names.push('retriable-status-codes')
  return { retryOn: names.join(','), statusCodes }
}
