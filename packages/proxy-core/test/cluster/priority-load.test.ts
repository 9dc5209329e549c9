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
    { percent: 8, degradedPercent: 0, panics: true },
    { percent: 92, degradedPercent: 0, panics: false },
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
  expect(availability(8, 10)).toBe(1)
  expect(availability(5, 10)).toBeCloseTo(0.7)
  expect(availability(0, 0)).toBe(0)
})

test.each([
  ['what the healthy ones cannot take', [{ healthy: 25, degraded: 75 }], [35], [65], [false]],
  ['nothing while the healthy ones suffice', [{ healthy: 72, degraded: 28 }], [100], [0], [false]],
  [
    'nothing while a lower priority is healthy enough',
    [
      { healthy: 25, degraded: 75 },
      { healthy: 50, degraded: 0 },
    ],
    [35, 65],
    [0, 0],
    [false, false],
  ],
  [
    'what no priority has healthy endpoints for, first in the first',
    [
      { healthy: 10, degraded: 20 },
      { healthy: 10, degraded: 90 },
    ],
    [14, 14],
    [28, 44],
    [false, false],
  ],
  [
    'a place when it comes to panic',
    [
      { healthy: 10, degraded: 20 },
      { healthy: 5, degraded: 0 },
    ],
    [28, 14],
    [57, 0],
    [true, true],
  ],
  ['everything when nobody is better', [{ healthy: 0, degraded: 80 }], [0], [100], [false]],
])('degraded endpoints get %s', (_, shares, percents, degradedPercents, panics) => {
  const loads = priorityLoads(
    shares.map((share) => ({ total: 100, ...share })),
    50,
  )
  expect(loads.map((load) => load.panics)).toEqual(panics)
  if (panics.every(Boolean)) return
  expect(loads.map(({ percent }) => percent)).toEqual(percents)
  expect(loads.map(({ degradedPercent }) => degradedPercent)).toEqual(degradedPercents)
})
