import { createSeededRandom } from '@heddle/base/testing'
import { expect, it } from 'vitest'
import { createBackOff } from '../../src/ads/back-off.js'

it('grows from its base to its limit, spread by at least half, and starts over after a reset', () => {
  const backOff = createBackOff({ baseMs: 200, maxMs: 2000 }, createSeededRandom(3))
  const waits = Array.from({ length: 20 }, () => backOff.nextMs())
  for (const waitMs of waits) expect(waitMs).toBeGreaterThanOrEqual(100)
  for (const waitMs of waits) expect(waitMs).toBeLessThanOrEqual(2000)
  expect(Math.min(...waits.slice(8))).toBeGreaterThanOrEqual(1000)
  expect(new Set(waits).size).toBe(20)
  backOff.reset()
  expect(backOff.nextMs()).toBeLessThanOrEqual(200)
})
