import { expect, test } from 'vitest'
import { createFakeClock, createSeededRandom } from '@heddle/base/testing'
import type { OutlierDetection } from '@heddle/routing'
import { OutlierDetector } from '../../src/cluster/outlier-detector.js'
import { Endpoint } from '../../src/endpoint/endpoint.js'

function detector(config: OutlierDetection, count = 2) {
  const clock = createFakeClock()
  const all = Array.from(
    { length: count },
    (_, port) => new Endpoint({ address: { address: '10.0.0.1', port } }, { kind: 'raw-buffer' }, 0),
  )
  let changes = 0
  const detection = new OutlierDetector(
    { maxEjectionPercent: 100, ...config },
    { clock, random: createSeededRandom(1), endpoints: () => all, onChange: () => void changes++ },
  )
  const [first] = all as [Endpoint]
  const fail = (times: number, status = 500): void => {
    for (let time = 0; time < times; time++) detection.answered(first, status)
  }
  return { clock, detection, all, first, fail, changes: () => changes }
}

test('five 5xx in a row eject, an answer in between starts anew', () => {
  const { detection, first, fail, changes } = detector({})
  fail(4)
  detection.answered(first, 404)
  fail(4)
  expect(first.ejected).toBe(false)
  fail(1)
  expect(first.ejected).toBe(true)
  expect(changes()).toBe(1)
})

test('gateway failures count by themselves when that is enforced', () => {
  const { first, fail } = detector({ consecutive5xx: 0, consecutiveGatewayFailure: 2, enforcingConsecutiveGatewayFailure: 100 })
  fail(9, 500)
  fail(1, 503)
  fail(1, 500)
  fail(1, 503)
  expect(first.ejected).toBe(false)
  fail(1, 504)
  expect(first.ejected).toBe(true)
})

test('an ejection lasts base times the number of ejections, and sweeps in health shorten the next', () => {
  const { clock, first, fail } = detector({ baseEjectionTimeMs: 30_000, intervalMs: 10_000 })
  fail(5)
  clock.advance(29_999)
  expect(first.ejected).toBe(true)
  clock.advance(1)
  expect(first.ejected).toBe(false)
  fail(5)
  clock.advance(50_000)
  expect(first.ejected).toBe(true)
  clock.advance(10_000)
  expect(first.ejected).toBe(false)
  // Two sweeps in health take both ejections away; then the clock has nothing to do any more.
  clock.advance(20_000)
  expect(first.ejectionMultiplier).toBe(0)
  expect(clock.pendingTimers()).toBe(0)
  fail(5)
  clock.advance(30_000)
  expect(first.ejected).toBe(false)
})

test('the longest ejection is 300 s, or the base when that is longer', () => {
  const { clock, first, fail } = detector({ baseEjectionTimeMs: 600_000 })
  fail(5)
  clock.advance(599_000)
  expect(first.ejected).toBe(true)
  clock.advance(10_000)
  expect(first.ejected).toBe(false)
  const long = detector({ baseEjectionTimeMs: 200_000 })
  for (let ejection = 0; ejection < 2; ejection++) {
    long.fail(5)
    long.clock.advance(ejection === 0 ? 200_000 : 300_000)
    expect(long.first.ejected).toBe(false)
  }
})

test('no more than the percentage of a cluster is ejected: one of nine stays at the default', () => {
  const nine = detector({ maxEjectionPercent: 10 }, 9)
  nine.fail(5)
  expect(nine.first.ejected).toBe(false)
  const ten = detector({ maxEjectionPercent: 10 }, 10)
  ten.fail(5)
  expect(ten.first.ejected).toBe(true)
  for (let time = 0; time < 5; time++) ten.detection.answered(ten.all[1] as Endpoint, 500)
  expect(ten.all[1]?.ejected).toBe(false)
})

test('failures of the network count as 5xx, or apart when split', () => {
  const joined = detector({})
  for (let time = 0; time < 5; time++) joined.detection.failedLocally(joined.first, 503)
  expect(joined.first.ejected).toBe(true)
  const split = detector({ splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailure: 3 })
  for (let time = 0; time < 2; time++) split.detection.failedLocally(split.first, 503)
  split.fail(4)
  expect(split.first.ejected).toBe(false)
  split.detection.connected(split.first, false)
  for (let time = 0; time < 2; time++) split.detection.failedLocally(split.first, 504)
  expect(split.first.ejected).toBe(false)
  split.detection.failedLocally(split.first, 503)
  expect(split.first.ejected).toBe(true)
})

test('a connection for opaque bytes is a success, one for a request says nothing yet', () => {
  const { detection, first } = detector({})
  for (let time = 0; time < 4; time++) detection.failedLocally(first, 503)
  detection.connected(first, false)
  expect(first.consecutive5xx).toBe(4)
  detection.connected(first, true)
  expect(first.consecutive5xx).toBe(0)
})
