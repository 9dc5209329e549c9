import { createFakeClock } from '@heddle/base/testing'
import { describe, expect, it } from 'vitest'
import type { HandlerResult } from '../../src/runtime/handler.js'
import { startProbeLoop } from '../../src/runtime/probe-loop.js'
import { createRestartBackoff } from '../../src/runtime/restart-backoff.js'

const failed: HandlerResult = { ok: false, reason: 'no' }

/** Lets the loop's promises run between two steps of the clock. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

function harness(probe: object, results: () => HandlerResult) {
  const clock = createFakeClock()
  const seen: string[] = []
  let looks = 0
  const loop = startProbeLoop({
    probe,
    clock,
    check: async () => {
      looks++
      return results()
    },
    onSuccess: () => seen.push('success'),
    onFailure: () => seen.push('failure'),
    onUnhealthy: () => seen.push('unhealthy'),
  })
  const run = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10)
      await settle()
    }
  }
  return { seen, run, loop, looks: () => looks }
}

describe('a probe', () => {
  it('looks at once and often until it succeeds, then at its period', async () => {
    let ok = false
    const probe = harness({ periodSeconds: 10 }, () => (ok ? { ok: true } : failed))
    await probe.run(500)
    expect(probe.looks()).toBeGreaterThan(3)
    expect(probe.seen).toEqual([])
    ok = true
    await probe.run(1000)
    expect(probe.seen).toEqual(['success'])
    const before = probe.looks()
    await probe.run(20_000)
    expect(probe.looks() - before).toBe(2)
  })

  it('fails only after failureThreshold failures at its period, however often it looked in between', async () => {
    const probe = harness({ periodSeconds: 1, failureThreshold: 3 }, () => failed)
    await probe.run(2900)
    expect(probe.seen).not.toContain('failure')
    await probe.run(400)
    expect(probe.seen).toEqual(['unhealthy', 'unhealthy', 'unhealthy', 'failure'])
  })

  it('does not count failures before initialDelaySeconds', async () => {
    const probe = harness({ periodSeconds: 1, initialDelaySeconds: 5, failureThreshold: 1 }, () => failed)
    await probe.run(4900)
    expect(probe.seen).toEqual([])
    await probe.run(300)
    expect(probe.seen).toEqual(['unhealthy', 'failure'])
  })

  it('needs successThreshold successes in a row and is silent once stopped', async () => {
    const probe = harness({ periodSeconds: 1, successThreshold: 2 }, () => ({ ok: true }))
    await probe.run(100)
    expect(probe.seen).toEqual([])
    await probe.run(1000)
    expect(probe.seen).toEqual(['success'])
    probe.loop.stop()
    await probe.run(5000)
    expect(probe.seen).toEqual(['success'])
  })
})

describe('the restart back-off', () => {
  it('is none at first, then 10 s doubling to 300 s, and starts over after ten good minutes', () => {
    const backoff = createRestartBackoff()
    expect(Array.from({ length: 8 }, () => backoff.next(1000) / 1000)).toEqual([0, 10, 20, 40, 80, 160, 300, 300])
    expect(backoff.next(600_000)).toBe(0)
    expect(backoff.next(1)).toBe(10_000)
  })
})
