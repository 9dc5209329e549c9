import { expect, test } from 'vitest'
import { availability, priorityLoads } from '../../src/cluster/priority-load.js'

/** Percent healthy of each priority with 100 endpoints; what Envoy's documentation of priorities and panic works out. */
test.each([
  { healthy: [72, 100], percents: [100, 0], panics: [false, false] },
  { healthy: [71, 100], percents: [99, 1], panics: [false, false] },
  { healthy: [50, 100], percents: [70, 30], panics: [false, false] },
  { healthy: [25, 100], percents: [35, 65], panics: [false, false] },
  { healthy: [0, 100], percents: [0, 100], panics: [false, false] },
  { healthy: [72, 72], percents: [100, 0], panics: [false, false] },
  { healthy: [25, 25], percents: [50, 50], panics: [true, true] },
  { healthy: [25, 25, 100], percents: [35, 35, 30], panics: [false, false, false] },
  { healthy: [0, 0], percents: [50, 50], panics: [true, true] },
])('priorities that are $healthy percent healthy get $percents percent', ({ healthy, percents, panics }) => {
  const loads = priorityLoads(
    healthy.map((count) => ({ total: 100, healthy: count })),
    50,
  )
  expect(loads.map(({ percent }) => percent)).toEqual(percents)
  expect(loads.map((load) => load.panics)).toEqual(panics)
})

test('one priority panics while the other carries the rest, and rounding goes to the first', () => {
  const loads = priorityLoads(
    [5, 65].map((healthy) => ({ total: 100, healthy })),
    50,
  )
  expect(loads).toEqual([
    { percent: 8, panics: true },
    { percent: 92, panics: false },
  ])
})

test('when all panic, the load follows the counts of endpoints', () => {
  const loads = priorityLoads(
    [
      { total: 30, healthy: 0 },
      { total: 10, healthy: 1 },
    ],
    50,
  )
  expect(loads.map(({ percent }) => percent)).toEqual([75, 25])
})

test('without any endpoint, and with panic switched off, everything goes to the first and fails there', () => {
  expect(priorityLoads([{ total: 0, healthy: 0 }], 50)[0]?.percent).toBe(100)
  expect(
    priorityLoads(
      [
        { total: 3, healthy: 0 },
        { total: 3, healthy: 0 },
      ],
      0,
    ).map(({ percent }) => percent),
  ).toEqual([100, 0])
})

test('a group is good for 1.4 times its healthy share', () => {
  expect(availability({ total: 10, healthy: 8 })).toBe(1)
  expect(availability({ total: 10, healthy: 5 })).toBeCloseTo(0.7)
  expect(availability({ total: 0, healthy: 0 })).toBe(0)
})
