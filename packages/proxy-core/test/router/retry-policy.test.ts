import { expect, test } from 'vitest'
import { HeaderBlock } from '../../src/message/header-block.js'
import { compileRetryPolicy } from '../../src/router/retry-policy.js'

function headers(fields: Readonly<Record<string, string>> = {}): HeaderBlock {
  const block = new HeaderBlock()
  for (const [name, value] of Object.entries(fields)) block.append(name, value)
  return block
}

test.each([
  ['5xx', 500, {}, true],
  ['5xx', 404, {}, false],
  ['gateway-error', 500, {}, false],
  ['gateway-error', 503, {}, true],
  ['retriable-4xx', 409, {}, true],
  ['retriable-status-codes', 418, {}, true],
  ['unavailable,cancelled', 200, { 'grpc-status': '14' }, true],
  ['cancelled', 200, { 'grpc-status': '14' }, false],
  ['5xx', 503, { 'x-envoy-overloaded': 'true' }, false],
  ['5xx', 503, { 'x-envoy-ratelimited': 'true' }, false],
])('an answer under %s of %s with %o is retried: %s', (retryOn, status, fields, retried) => {
  const policy = compileRetryPolicy({ retryOn, retriableStatusCodes: [418] }, 0)
  expect(policy?.onAnswer(status, headers(fields))).toBe(retried)
})

test.each([
  ['5xx', 'connection-termination', true, true],
  ['reset', 'protocol-error', true, true],
  ['connect-failure', 'connection-timeout', false, true],
  ['connect-failure', 'connection-termination', true, false],
  ['reset-before-request', 'connection-termination', true, false],
  ['reset-before-request', 'connection-failure', false, true],
  ['5xx', 'overflow', false, false],
] as const)('a reset under %s by %s with the head sent (%s) is retried: %s', (retryOn, reason, sent, retried) => {
  expect(compileRetryPolicy({ retryOn }, 0)?.onReset(reason, sent)).toBe(retried)
})

test('a timeout of a try that is not shorter than the one of the route is none', () => {
  expect(compileRetryPolicy({ retryOn: '5xx', perTryTimeoutMs: 500 }, 500)?.perTryTimeoutMs).toBe(0)
  expect(compileRetryPolicy({ retryOn: '5xx', perTryTimeoutMs: 500 }, 501)?.perTryTimeoutMs).toBe(500)
  expect(compileRetryPolicy({ retryOn: '5xx', perTryTimeoutMs: 500 }, 0)?.perTryTimeoutMs).toBe(500)
})

test('the wait before try n is drawn up to 2^n - 1 times the base, and ends at ten times', () => {
  const policy = compileRetryPolicy({ retryOn: '5xx' }, 0)
  expect([1, 2, 3, 9].map((attempt) => policy?.backOffMs(attempt, 1))).toEqual([25, 75, 175, 250])
})
