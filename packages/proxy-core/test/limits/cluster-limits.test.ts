/** What a cluster may have under way when its configuration says nothing, and what is remembered of endpoints. */
import { createFakeClock, createSeededRandom } from '@heddle/base/testing'
import type { Cluster, LbEndpoint, OutlierDetection } from '@heddle/routing'
import { expect, test } from 'vitest'
import { ClusterRuntime } from '../../src/cluster/cluster-runtime.js'
import { OutlierDetector } from '../../src/cluster/outlier-detector.js'
import { settingId } from '../../src/codec/http2/frame-types.js'
import type { ConnectionDeps } from '../../src/connection/connection-deps.js'
import { ServedWatch } from '../../src/connection/served-watch.js'
import { DeadlineQueue } from '../../src/deadline-queue.js'
import { Endpoint } from '../../src/endpoint/endpoint.js'
import { type ClientConnection, HttpPool, type StreamWaiter } from '../../src/endpoint/http-pool.js'
import { responseFlagBits as flag } from '../../src/response-flag.js'
import type { ExchangeDeps, ManagerRuntime } from '../../src/router/exchange-deps.js'
import { Retries } from '../../src/router/retries.js'
import type { RetryRuntime } from '../../src/router/retry-policy.js'
import type { ConnectListener } from '../../src/transport/connector.js'
import { createUpstreams } from '../../src/upstreams.js'
import { MemoryChannel } from '../fuzz/memory-channel.js'
import { settings, stage } from './http2-stage.js'

const endpointAt = (port: number): Endpoint => new Endpoint({ address: { address: '10.0.0.1', port } }, { kind: 'raw-buffer' }, 0)

function runtime(more: Partial<Cluster> = {}) {
  const clock = createFakeClock()
  const lookUps: string[] = []
  const cluster = new ClusterRuntime({ name: 'c', type: 'STATIC', ...more }, undefined, {
    clock,
    random: createSeededRandom(1),
    createEndpoint: (config: LbEndpoint, transport) => new Endpoint(config, transport, 0),
    resolve: (name) => {
      lookUps.push(name)
      return Promise.resolve(['10.0.0.1'])
    },
    onResolveFailed: () => {},
  })
  return { clock, cluster, lookUps }
}

/** Waits for a stream, and tells how that ended. */
function waiter(ends: string[] = []): StreamWaiter {
  const connection = {} as StreamWaiter['connection']
  return { upstreamAuthority: 'a', connection, onStreamReady: () => void ends.push('ready'), onStreamFailed: (why) => void ends.push(why) }
}

/** A pool whose connections come when the test says so. */
function poolOf(more: Partial<Cluster> = {}) {
  const { clock, cluster } = runtime(more)
  const dialed: ConnectListener[] = []
  let retired = 0
  const connection = (): ClientConnection =>
    ({ info: {}, closed: false, available: 1, activeStreams: 0, createStream: () => ({}), retire: () => void retired++ }) as never
  const pool = new HttpPool(endpointAt(1), {
    deadlines: new DeadlineQueue(clock),
    monotonicMs: () => clock.monotonicMs(),
    trustIn: () => 'trusted',
    dial: (listener) => {
      dialed.push(listener)
      return () => {}
    },
    createConnection: connection,
    expectedStreams: 1,
    cluster,
  })
  return { clock, cluster, pool, dialed, retired: () => retired }
}

test('limit defaultLimit: requests that wait, and connections; one more request is an overflow', () => {
  const { pool, cluster, dialed } = poolOf()
  const ends: string[] = []
  for (let at = 0; at < 1024; at++) pool.acquire(waiter(ends), false)
  expect([cluster.pendingRequests, dialed.length, ends.length]).toEqual([1024, 1024, 0])
  pool.acquire(waiter(ends), false)
  expect(ends).toEqual(['overflow'])
  cluster.pendingRequests = 0
  pool.acquire(waiter(ends), false)
  expect(dialed).toHaveLength(1024)
  expect(cluster.maxRequests).toBe(1024)
})

test('limit defaultPoolIdleMs: a connection that nobody uses', () => {
  const { clock, pool, dialed, retired } = poolOf()
  pool.acquire(waiter(), false)
  pool.cancel(waiter())
  dialed[0]?.onConnected(new MemoryChannel(), undefined)
  clock.advance(59_999)
  expect(retired()).toBe(0)
  clock.advance(1)
  expect(retired()).toBe(1)
})

const retriesAt = (cluster: ClusterRuntime): Retries => new Retries({ maxRetries: 1 } as RetryRuntime, cluster, {} as ExchangeDeps)

test('limit defaultRetries: three retries of a cluster at a time', () => {
  const { cluster } = runtime()
  const outcomes = Array.from({ length: 4 }, () => retriesAt(cluster).take())
  expect(outcomes).toEqual([undefined, undefined, undefined, flag.UO])
})

test('limit defaultBudgetPercent: with a budget a fifth of its requests, and no less than three', () => {
  const { cluster } = runtime({ circuitBreakers: { retryBudget: {} } })
  cluster.activeRequests = 15
  expect(cluster.maxRetries).toBe(3)
  cluster.activeRequests = 50
  const outcomes = Array.from({ length: 11 }, () => retriesAt(cluster).take())
  expect(outcomes).toEqual([...Array<undefined>(10).fill(undefined), flag.UO])
})

test('limit maxOriginalDestinations: so many are known, and with one more those that are idle are forgotten', () => {
  const { cluster } = runtime({ type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED' })
  const busy = cluster.originalDestination('10.0.0.1', 0)
  busy.activeRequests = 1
  for (let port = 1; port < 4096; port++) cluster.originalDestination('10.0.0.1', port)
  expect([...cluster.endpoints]).toHaveLength(4096)
  cluster.originalDestination('10.0.0.2', 1)
  expect([...cluster.endpoints].map(({ key }) => key)).toEqual(['10.0.0.1:0', '10.0.0.2:1'])
})

test('limit refreshRateMs: names are looked up again after so long', async () => {
  const { clock, lookUps } = runtime({
    type: 'STRICT_DNS',
    loadAssignment: { clusterName: 'c', localities: [{ endpoints: [{ address: { address: 'a.example', port: 1 } }] }] },
  })
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(4999)
  expect(lookUps).toHaveLength(1)
  clock.advance(1)
  expect(lookUps).toHaveLength(2)
})

function detector(count: number, config: OutlierDetection = {}) {
  const clock = createFakeClock()
  const all = Array.from({ length: count }, (_, port) => endpointAt(port))
  const deps = { clock, random: createSeededRandom(1), endpoints: () => all, onChange: () => {} }
  const detection = new OutlierDetector({ consecutive5xx: 1, ...config }, deps)
  return { clock, all, fail: (at: number) => detection.answered(all[at] as Endpoint, 500) }
}

test('limit defaultMaxEjectionPercent: a tenth of the endpoints, and of nine none', () => {
  const ejected = (count: number): number => {
    const { all, fail } = detector(count)
    for (let at = 0; at < count; at++) fail(at)
    return all.filter((endpoint) => endpoint.ejected).length
  }
  expect([9, 10, 19, 20].map(ejected)).toEqual([0, 1, 1, 2])
})

test('limit defaultBaseMs: an ejection lasts so long, as the looks every defaultIntervalMs find', () => {
  const { clock, all, fail } = detector(10)
  fail(0)
  clock.advance(29_999)
  expect(all[0]?.ejected).toBe(true)
  clock.advance(1)
  expect(all[0]?.ejected).toBe(false)
})

test('limit defaultIntervalMs: who may come back does with the next look', () => {
  const { clock, all, fail } = detector(10, { baseEjectionTimeMs: 1 })
  fail(0)
  clock.advance(9999)
  expect(all[0]?.ejected).toBe(true)
  clock.advance(1)
  expect(all[0]?.ejected).toBe(false)
})

test('limit longestEjectionMs: no ejection of many lasts longer', () => {
  const { clock, all, fail } = detector(10, { baseEjectionTimeMs: 200_000 })
  fail(0)
  clock.advance(200_000)
  expect(all[0]?.ejected).toBe(false)
  fail(0)
  clock.advance(299_999)
  expect(all[0]?.ejected).toBe(true)
  clock.advance(1)
  expect(all[0]?.ejected).toBe(false)
})

/** The way to endpoints, with connections that come when the test says so. */
function upstreams(more: Partial<Cluster> = {}) {
  const { deps, clock, turn } = stage()
  const { cluster } = runtime(more)
  const dialed: { readonly timeoutMs: number; readonly listener: ConnectListener }[] = []
  const connector = {
    connect: (_target: unknown, _tls: unknown, _alpn: unknown, timeoutMs: number, listener: ConnectListener) => {
      dialed.push({ timeoutMs, listener })
      return () => {}
    },
  }
  const parts = { clock, deadlines: deps.deadlines, connector, verifier: {}, http2: deps, logger: {} }
  const made = createUpstreams({}, parts as unknown as Parameters<typeof createUpstreams>[1])
  const endpoint = endpointAt(1)
  const acquire = (ends: string[] = []) =>
    made.acquireStream(cluster, endpoint, { overridesAlpn: false } as unknown as ManagerRuntime, waiter(ends), false)
  return { acquire, dialed, turn }
}

test('limit defaultConnectTimeoutMs: how long a connection may take to come', () => {
  const { acquire, dialed } = upstreams()
  acquire()
  expect(dialed.map(({ timeoutMs }) => timeoutMs)).toEqual([5000])
})

test('limit expectedHttp2Streams: so many requests wait for one connection, one more for a second', () => {
  const { acquire, dialed } = upstreams({ http: { protocol: 'http2' } })
  for (let at = 0; at < 100; at++) acquire()
  expect(dialed).toHaveLength(1)
  acquire()
  expect(dialed).toHaveLength(2)
})

test('limit defaultMaxStreams: so many streams on one connection, whatever more the upstream takes', () => {
  const { acquire, dialed } = upstreams({ http: { protocol: 'http2' }, circuitBreakers: { maxPendingRequests: 1 } })
  const ends: string[] = []
  acquire(ends)
  const channel = new MemoryChannel()
  dialed[0]?.listener.onConnected(channel, undefined)
  const bytes = settings([settingId.maxConcurrentStreams, 1_000_000])
  channel.handler.onData(bytes, 0, bytes.length)
  for (let at = 1; at < 1024; at++) expect(acquire()).toBeDefined()
  expect(acquire()).toBeUndefined()
  expect(dialed).toHaveLength(2)
})

test('limit peerCheckMs: a peer that is no longer trusted is found, and limit peerGraceMs: loses a connection that does not end', () => {
  const clock = createFakeClock()
  const left: boolean[] = []
  const connection = {
    closed: false,
    listener: { name: 'l' },
    remoteAddress: '',
    verifiedPeers: () => [{} as never],
    drain: () => {},
    leavePeer: (atOnce: boolean) => void left.push(atOnce),
  }
  const exchange = { clock, deadlines: new DeadlineQueue(clock) }
  const deps = { exchange, logger: { info: () => {} }, trustIn: () => 'untrusted' } as unknown as ConnectionDeps
  const watch = new ServedWatch(connection, deps, true, Infinity)
  clock.advance(1999)
  expect(left).toEqual([])
  clock.advance(1)
  expect(left).toEqual([false])
  clock.advance(59_999)
  expect(left).toEqual([false])
  clock.advance(1)
  expect(left).toEqual([false, true])
  watch.end()
})
