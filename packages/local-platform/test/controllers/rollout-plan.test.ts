import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planRollout, rolloutLimits, type SetState } from '../../src/controllers/rollout-plan.js'

describe('rollout plan', () => {
  it('rounds surge up and unavailable down, and never lets both be zero', () => {
    expect(rolloutLimits(10, '25%', '25%')).toEqual({ surge: 3, unavailable: 2 })
    expect(rolloutLimits(1, '25%', '25%')).toEqual({ surge: 1, unavailable: 0 })
    expect(rolloutLimits(4, 0, 0)).toEqual({ surge: 0, unavailable: 1 })
  })

  it('lets a Recreate wait for the old Pods to be gone', () => {
    const base = { replicas: 2, maxSurge: 0, maxUnavailable: 0, isRecreate: true, newSet: { name: 'new', wanted: 0, available: 0 } }
    expect(planRollout({ ...base, oldSets: [{ name: 'old', wanted: 2, available: 2 }], oldPods: 2 })).toEqual(new Map([['old', 0]]))
    expect(planRollout({ ...base, oldSets: [{ name: 'old', wanted: 0, available: 0 }], oldPods: 1 })).toEqual(new Map())
    expect(planRollout({ ...base, oldSets: [{ name: 'old', wanted: 0, available: 0 }], oldPods: 0 })).toEqual(new Map([['new', 2]]))
  })

  it('reaches the new set within its limits, whatever becomes ready when (property)', () => {
    const limit = fc.oneof(
      fc.nat(5),
      fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        limit,
        limit,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 400, maxLength: 400 }),
        (replicas, maxSurge, maxUnavailable, readiness) => {
          const { surge, unavailable } = rolloutLimits(replicas, maxSurge, maxUnavailable)
          let newSet: SetState = { name: 'new', wanted: 0, available: 0 }
          let old: SetState = { name: 'old', wanted: replicas, available: replicas }
          const draws = readiness.values()
          for (let step = 0; step < 300 && (newSet.available < replicas || old.wanted > 0); step++) {
            const plan = planRollout({ replicas, maxSurge, maxUnavailable, isRecreate: false, newSet, oldSets: [old], oldPods: old.wanted })
            newSet = { ...newSet, wanted: plan.get('new') ?? newSet.wanted }
            const oldWanted = plan.get('old') ?? old.wanted
            old = { ...old, wanted: oldWanted, available: Math.min(old.available, oldWanted) }
            expect(newSet.wanted + old.wanted).toBeLessThanOrEqual(replicas + surge)
            expect(newSet.available + old.available).toBeGreaterThanOrEqual(replicas - unavailable)
            const ready = Math.ceil(((draws.next().value as number | undefined) ?? 1) * (newSet.wanted - newSet.available))
            newSet = { ...newSet, available: newSet.available + Math.min(newSet.wanted - newSet.available, ready) }
          }
          expect(newSet).toMatchObject({ wanted: replicas, available: replicas })
          expect(old.wanted).toBe(0)
        },
      ),
      { seed: 20261122, numRuns: 300 },
    )
  })
})
