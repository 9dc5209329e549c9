import { expect, test } from 'vitest'
import { createSeededRandom } from '@heddle/base/testing'
import type { Cluster } from '@heddle/routing'
import { LoadBalancer, type LocalityEndpoints } from '../../src/cluster/load-balancer.js'
import { hashModulo, xxHash64 } from '../../src/message/xxhash64.js'
import { Endpoint } from '../../src/endpoint/endpoint.js'

let ports = 0
const endpoints = (weights: readonly number[], joinedMs = 0): Endpoint[] =>
  weights.map(
    (loadBalancingWeight) =>
      new Endpoint({ address: { address: '10.0.0.1', port: ++ports }, loadBalancingWeight }, { kind: 'raw-buffer' }, joinedMs),
  )

const cluster = (more: Partial<Cluster>): Cluster => ({ name: 'c', type: 'STATIC', ...more })
const locality = (all: readonly Endpoint[], more: Partial<LocalityEndpoints> = {}): LocalityEndpoints => ({
  priority: 0,
  weight: 0,
  endpoints: all,
  ...more,
})

function balance(config: Partial<Cluster>, localities: readonly LocalityEndpoints[], nowMs = (): number => 0): LoadBalancer {
  return new LoadBalancer(cluster(config), localities, { random: createSeededRandom(1), monotonicMs: nowMs })
}

function shares(balancer: LoadBalancer, all: readonly Endpoint[], picks: number): number[] {
  const counts = all.map(() => 0)
  for (let pick = 0; pick < picks; pick++) counts[all.indexOf(balancer.pick(undefined) as Endpoint)]!++
  return counts
}

function sharesOf(config: Partial<Cluster>, all: readonly Endpoint[], picks: number): number[] {
  return shares(balance(config, [locality(all)]), all, picks)
}

test('round robin gives every endpoint the same, and weights their share', () => {
  expect(sharesOf({}, endpoints([1, 1, 1]), 300)).toEqual([100, 100, 100])
  expect(sharesOf({}, endpoints([3, 1]), 400)).toEqual([300, 100])
})

test('weighted round robin never lets the heavy one have more than its share in a row', () => {
  const all = endpoints([3, 1])
  const balancer = balance({}, [locality(all)])
  const picks = Array.from({ length: 40 }, () => all.indexOf(balancer.pick(undefined) as Endpoint)).join('')
  expect(picks).not.toContain('00000')
})

test('least request avoids the busy endpoint: with two it is picked a quarter of the time', () => {
  const all = endpoints([1, 1])
  ;(all[0] as Endpoint).activeRequests = 10
  const [busy] = sharesOf({ lbPolicy: 'LEAST_REQUEST' }, all, 4000)
  expect((busy ?? 0) / 4000).toBeCloseTo(0.25, 1)
})

test('least request with unequal weights divides a weight by what is in flight', () => {
  const all = endpoints([2, 1])
  expect(sharesOf({ lbPolicy: 'LEAST_REQUEST' }, all, 300)).toEqual([200, 100])
  ;(all[0] as Endpoint).activeRequests = 3
  expect(sharesOf({ lbPolicy: 'LEAST_REQUEST' }, all, 300)).toEqual([100, 200])
})

test('random does not look at weights, as in Envoy', () => {
  const [first = 0] = sharesOf({ lbPolicy: 'RANDOM' }, endpoints([100, 1]), 4000)
  expect(first / 4000).toBeCloseTo(0.5, 1)
})

test('panic uses everything, and a threshold of zero forbids it', () => {
  const all = endpoints([1, 1])
  for (const endpoint of all) endpoint.healthy = false
  expect(sharesOf({}, all, 10)).toEqual([5, 5])
  expect(balance({ commonLb: { healthyPanicThreshold: 0 } }, [locality(all)]).pick(undefined)).toBeUndefined()
})

test('a lower priority is used when the higher one is gone', () => {
  const all = endpoints([1, 1])
  const balancer = balance({}, [locality(all.slice(0, 1)), locality(all.slice(1), { priority: 1 })])
  expect(shares(balancer, all, 10)).toEqual([10, 0])
  ;(all[0] as Endpoint).ejected = true
  balancer.refresh()
  expect(shares(balancer, all, 10)).toEqual([0, 10])
})

test('a priority that is half healthy keeps 70 percent, with panic switched off too', () => {
  const near = endpoints([1, 1])
  const far = endpoints([1])
  ;(near[0] as Endpoint).healthy = false
  const balancer = balance({ commonLb: { healthyPanicThreshold: 0 } }, [locality(near), locality(far, { priority: 1 })])
  const [dead, near1 = 0, far1 = 0] = shares(balancer, [...near, ...far], 10_000)
  expect(dead).toBe(0)
  expect(near1 / 10_000).toBeCloseTo(0.7, 1)
  expect(far1 / 10_000).toBeCloseTo(0.3, 1)
})

test('localities get their weight, less what is dead in them, and none without a weight', () => {
  const a = endpoints([1, 1])
  const b = endpoints([1])
  const idle = endpoints([1])
  const commonLb = { localityWeighted: true }
  const localities = [locality(a, { weight: 99 }), locality(b, { weight: 1 }), locality(idle)]
  const balancer = balance({ commonLb }, localities)
  const all = [...a, ...b, ...idle]
  const [a1 = 0, a2 = 0, b1, none] = shares(balancer, all, 1000)
  expect([a1 + a2, b1, none]).toEqual([990, 10, 0])
  // Half of the first locality: 99 * 0.7 to 1.
  ;(a[0] as Endpoint).ejected = true
  balancer.refresh()
  const [dead, alive = 0, other = 0] = shares(balancer, all, 7030)
  expect(dead).toBe(0)
  expect(alive / other).toBeCloseTo(69.3, 0)
  expect(sharesOf({}, [...a.slice(1), ...b], 100)).toEqual([50, 50])
})

test('hash policies weigh endpoints with their localities', () => {
  const a = endpoints([1, 1])
  const b = endpoints([1])
  const balancer = balance({ lbPolicy: 'RING_HASH', commonLb: { localityWeighted: true } }, [
    locality(a, { weight: 1 }),
    locality(b, { weight: 3 }),
  ])
  let ofB = 0
  for (let hash = 0; hash < 4000; hash++) if (balancer.pick(xxHash64(String(hash))) === b[0]) ofB++
  expect(ofB / 4000).toBeCloseTo(0.75, 1)
})

test('a new endpoint warms up: a tenth at first, then with its age, then all', () => {
  let nowMs = 100_000
  const old = endpoints([1], 0)
  const fresh = endpoints([1], 100_000)
  for (const lbPolicy of ['ROUND_ROBIN', 'LEAST_REQUEST'] as const) {
    nowMs = 100_000
    const balancer = balance({ lbPolicy, slowStart: { windowMs: 60_000 } }, [locality([...old, ...fresh])], () => nowMs)
    const shareOfFresh = (): number => (shares(balancer, [...old, ...fresh], 1100)[1] ?? 0) / 1100
    expect(shareOfFresh()).toBeCloseTo(1 / 11, 2)
    nowMs = 130_000
    expect(shareOfFresh()).toBeCloseTo(1 / 3, 2)
    nowMs = 160_000
    expect(shareOfFresh()).toBeCloseTo(1 / 2, 2)
  }
})

test.each(['RING_HASH', 'MAGLEV'] as const)('%s sticks to an endpoint and moves little but the share of one that goes', (lbPolicy) => {
  const all = endpoints([1, 1, 1, 1])
  const before = balance({ lbPolicy }, [locality(all)])
  const after = balance({ lbPolicy }, [locality(all.slice(0, 3))])
  let moved = 0
  for (let number = 0; number < 500; number++) {
    const hash = xxHash64(String(number))
    const first = before.pick(hash)
    expect(before.pick(hash)).toBe(first)
    if (first !== all[3] && after.pick(hash) !== first) moved++
  }
  expect(moved).toBeLessThan(100)
})

test('a session that sticks to an endpoint sticks to its priority', () => {
  const near = endpoints([1, 1])
  const far = endpoints([1, 1])
  ;(near[0] as Endpoint).healthy = false
  const balancer = balance({ lbPolicy: 'RING_HASH' }, [locality(near), locality(far, { priority: 1 })])
  for (let number = 0; number < 100; number++) {
    const hash = xxHash64(String(number))
    expect(far.includes(balancer.pick(hash) as Endpoint)).toBe(hashModulo(hash, 100) >= 70)
  }
})

test('degraded endpoints take what the healthy ones cannot', () => {
  const all = ['HEALTHY', 'DEGRADED', 'DEGRADED', 'DEGRADED'] as const
  const hosts = all.map(
    (healthStatus) => new Endpoint({ address: { address: '10.0.0.1', port: ++ports }, healthStatus }, { kind: 'raw-buffer' }, 0),
  )
  const [healthy = 0, ...degraded] = sharesOf({}, hosts, 10_000)
  expect(healthy / 10_000).toBeCloseTo(0.35, 1)
  for (const share of degraded) expect(share / 10_000).toBeCloseTo(0.65 / 3, 1)
  const rested = hosts.slice(0, 1).concat(endpoints([1, 1, 1]), hosts.slice(1, 2))
  expect(sharesOf({}, rested, 400)[4]).toBe(0)
})
