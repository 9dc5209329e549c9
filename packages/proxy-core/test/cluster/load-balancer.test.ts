import { expect, test } from 'vitest'
import { createSeededRandom } from '@heddle/base/testing'
import type { Cluster } from '@heddle/routing'
import { createLoadBalancer } from '../../src/cluster/load-balancer.js'
import { Endpoint } from '../../src/endpoint/endpoint.js'

const endpoints = (weights: readonly number[]): Endpoint[] =>
  weights.map(
    (loadBalancingWeight, index) =>
      new Endpoint({ address: { address: '10.0.0.1', port: index }, loadBalancingWeight }, { kind: 'raw-buffer' }),
  )

const cluster = (more: Partial<Cluster>): Cluster => ({ name: 'c', type: 'STATIC', ...more })

function shares(config: Partial<Cluster>, all: Endpoint[], picks: number): number[] {
  const balancer = createLoadBalancer(cluster(config), all, createSeededRandom(1), () => 0)
  const counts = all.map(() => 0)
  for (let pick = 0; pick < picks; pick++) counts[balancer.pick(undefined)?.port ?? -1]!++
  return counts
}

test('round robin gives every endpoint the same, and weights their share', () => {
  expect(shares({}, endpoints([1, 1, 1]), 300)).toEqual([100, 100, 100])
  expect(shares({}, endpoints([3, 1]), 400)).toEqual([300, 100])
})

test('least request avoids the busy endpoint: with two it is picked a quarter of the time', () => {
  const all = endpoints([1, 1])
  ;(all[0] as Endpoint).activeRequests = 10
  const [busy] = shares({ lbPolicy: 'LEAST_REQUEST' }, all, 4000)
  expect((busy ?? 0) / 4000).toBeCloseTo(0.25, 1)
})

test('panic uses everything, and a threshold of zero forbids it', () => {
  const all = endpoints([1, 1])
  for (const endpoint of all) endpoint.healthy = false
  expect(shares({}, all, 10)).toEqual([5, 5])
  const balancer = createLoadBalancer(cluster({ commonLb: { healthyPanicThreshold: 0 } }), all, createSeededRandom(1), () => 0)
  expect(balancer.pick(undefined)).toBeUndefined()
})

test('a lower priority is used when the higher one is gone', () => {
  const all = endpoints([1, 1])
  ;(all[1] as Endpoint).priority = 1
  ;(all[0] as Endpoint).healthy = false
  expect(shares({}, all, 10)).toEqual([0, 10])
})

test('hashing sticks to an endpoint and moves only the share of one that goes', () => {
  const all = endpoints([1, 1, 1, 1])
  const before = createLoadBalancer(cluster({ lbPolicy: 'RING_HASH' }), all, createSeededRandom(1), () => 0)
  const after = createLoadBalancer(cluster({ lbPolicy: 'RING_HASH' }), all.slice(0, 3), createSeededRandom(1), () => 0)
  for (let hash = 0; hash < 500; hash++) {
    const first = before.pick(hash * 7919)
    expect(before.pick(hash * 7919)).toBe(first)
    if (first !== all[3]) expect(after.pick(hash * 7919)).toBe(first)
  }
})
