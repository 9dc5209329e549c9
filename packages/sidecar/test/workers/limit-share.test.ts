import { emptyProxyConfig } from '@heddle/routing'
import { expect, it } from 'vitest'
import { configShare, limitShare } from '../../src/workers/limit-share.js'

it('divides limits so that their sum is no less, and leaves none at 0', () => {
  expect(limitShare(10, 4)).toBe(3)
  expect(limitShare(1, 4)).toBe(1)
})

it('divides circuit breakers and nothing else', () => {
  const plain = { name: 'a', type: 'EDS' as const }
  const limited = { name: 'b', type: 'EDS' as const, circuitBreakers: { maxConnections: 100, maxRetries: 3 } }
  expect(configShare({ ...emptyProxyConfig, clusters: [plain, limited] }, 2).clusters).toEqual([
    plain,
    { ...limited, circuitBreakers: { maxConnections: 50, maxRetries: 2 } },
  ])
})
