/** Rules of a route's retries. */
import { nearest } from '@heddle/base'
import type { HTTPRetry } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { error, within } from './reporter.js'

const conditions = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
])

/** @param name of the field that holds them. */
export function checkRetries(retries: HTTPRetry | undefined, faults: FaultList, name = 'retries'): void {
  if (retries === undefined) return
  within(faults, [name], () => {
    const { attempts = 0, retryOn } = retries
    if (attempts < 0)
      error(faults, 'retries/attempts', ['attempts'], 'The number of attempts cannot be negative.', {
        expected: 'a whole number of at least 0',
      })
    if (attempts === 0) checkOff(retries, faults)
    for (const condition of (retryOn ?? '').split(',').map((text) => text.trim())) {
      if (condition !== '' && !conditions.has(condition) && !isStatus(condition)) reportCondition(condition, faults)
    }
  })
}

function checkOff(retries: HTTPRetry, faults: FaultList): void {
  for (const name of ['perTryTimeout', 'retryOn', 'retryRemoteLocalities'] as const) {
    const value = retries[name]
    if (value === undefined || value === null || value === '') continue
    error(
      faults,
      'retries/attempts',
      ['attempts'],
      `With no attempts there are no retries, so "${name}" has no effect; set attempts to at least 1, or remove "${name}".`,
      { part: 'key' },
    )
  }
}

function isStatus(condition: string): boolean {
  return /^[1-5]\d\d$/.test(condition)
}

function reportCondition(condition: string, faults: FaultList): void {
  const suggestion = nearest(condition, conditions)
  error(faults, 'retries/condition', ['retryOn'], `"${clip(condition)}" is not a condition for a retry.`, {
    expected: `a status code or one of ${[...conditions].join(', ')}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}
