import { expect, test } from 'vitest'
import { createFakeClock, createSeededRandom } from '@heddle/base/testing'
import type { Cluster, LbEndpoint } from '@heddle/routing'
import { ClusterRuntime } from '../../src/cluster/cluster-runtime.js'
import { Endpoint } from '../../src/endpoint/endpoint.js'

const endpoint = (address: string, more: Partial<LbEndpoint> = {}): LbEndpoint => ({ address: { address, port: 80 }, ...more })

function cluster(endpoints: readonly LbEndpoint[], more: Partial<Cluster> = {}): Cluster {
  return { name: 'c', type: 'STATIC', loadAssignment: { clusterName: 'c', localities: [{ endpoints }] }, ...more }
}

/** A cluster whose look-ups are answered by hand. */
function runtime(config: Cluster) {
  const clock = createFakeClock()
  const asked: { readonly name: string; answer(addresses: readonly string[]): void; fail(): void }[] = []
  const made = new ClusterRuntime(config, undefined, {
    clock,
    random: createSeededRandom(1),
    createEndpoint: (one, transport) => new Endpoint(one, transport, clock.monotonicMs()),
    resolve: (name) => new Promise((answer, reject) => asked.push({ name, answer, fail: () => reject(new Error('no such name')) })),
    onResolveFailed: () => {},
  })
  const addresses = (): string[] => [...made.endpoints].map(({ address }) => address)
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return { made, clock, asked, addresses, settled }
}

const dns = (names: readonly string[], more: Partial<Cluster> = {}): Cluster =>
  cluster(
    names.map((name) => endpoint(name)),
    { type: 'STRICT_DNS', ...more },
  )

test('a change during a look-up leaves one refresh, and the old answer has no say', async () => {
  const { made, clock, asked, addresses, settled } = runtime(dns(['old']))
  made.update(dns(['new']), undefined)
  asked[1]?.answer(['10.0.0.2'])
  asked[0]?.answer(['10.0.0.1'])
  await settled()
  expect(addresses()).toEqual(['10.0.0.2'])
  expect(clock.pendingTimers()).toBe(1)
  clock.advance(5000)
  expect(asked.map(({ name }) => name)).toEqual(['old', 'new', 'new'])
})

test('a name that cannot be looked up keeps its addresses while another one changes', async () => {
  const { clock, asked, addresses, settled } = runtime(dns(['a', 'b']))
  asked[0]?.answer(['10.0.0.1', '10.0.0.2'])
  asked[1]?.answer(['10.0.0.9'])
  await settled()
  clock.advance(5000)
  asked[2]?.fail()
  asked[3]?.answer(['10.0.0.8'])
  await settled()
  expect(addresses()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.8'])
})

test('a closed cluster looks nothing up any more', async () => {
  const { made, clock, asked, settled } = runtime(dns(['a']))
  made.close()
  asked[0]?.answer(['10.0.0.1'])
  await settled()
  expect(clock.pendingTimers()).toBe(0)
})

test('logical DNS takes the first address', async () => {
  const { asked, addresses, settled } = runtime(dns(['a'], { type: 'LOGICAL_DNS' }))
  asked[0]?.answer(['10.0.0.1', '10.0.0.2'])
  await settled()
  expect(addresses()).toEqual(['10.0.0.1'])
})

test('an endpoint that stays takes over its new metadata, weight and health', () => {
  const { made } = runtime(cluster([endpoint('10.0.0.1', { metadata: { istio: { workload: 'old' } } })]))
  const [before] = made.endpoints
  made.update(
    cluster([endpoint('10.0.0.1', { metadata: { istio: { workload: 'new' } }, loadBalancingWeight: 3, healthStatus: 'UNHEALTHY' })]),
    undefined,
  )
  const [after] = made.endpoints
  expect(after).toBe(before)
  expect(after?.config.metadata).toEqual({ istio: { workload: 'new' } })
  expect(after).toMatchObject({ weight: 3, healthy: false })
})

test('an ejected endpoint gets nothing until the sweep, or until detection is switched off', () => {
  const both = [endpoint('10.0.0.1'), endpoint('10.0.0.2')]
  const outlierDetection = { consecutive5xx: 1, maxEjectionPercent: 100 }
  const { made, clock } = runtime(cluster(both, { outlierDetection, commonLb: { healthyPanicThreshold: 0 } }))
  const picks = (): Set<string | undefined> => new Set(Array.from({ length: 10 }, () => made.pick(undefined)?.address))
  const [first] = made.endpoints
  made.answered(first as Endpoint, 500)
  expect(picks()).toEqual(new Set(['10.0.0.2']))
  clock.advance(30_000)
  expect(picks().size).toBe(2)
  made.answered(first as Endpoint, 500)
  expect(picks().size).toBe(1)
  made.update(cluster(both), undefined)
  expect(picks().size).toBe(2)
})

test('a retry budget is a share of the requests that are active, and some retries are always allowed', () => {
  const budget = (retryBudget: object): ClusterRuntime => runtime(cluster([], { circuitBreakers: { maxRetries: 1, retryBudget } })).made
  const usual = budget({})
  expect(usual.maxRetries).toBe(3)
  usual.activeRequests = 100
  expect(usual.maxRetries).toBe(20)
  const small = budget({ percent: 1.5, minConcurrency: 0 })
  small.activeRequests = 200
  expect(small.maxRetries).toBe(3)
  expect(runtime(cluster([], { circuitBreakers: { maxRetries: 7 } })).made.maxRetries).toBe(7)
})
