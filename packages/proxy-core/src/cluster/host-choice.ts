/**
 * The load balancing policies over one set of endpoints: round robin and least request (by weight with an earliest deadline
 * first schedule, else in turn and by the power of two choices), random, and for the hash policies Envoy's ring and table.
 * Slow start (Envoy's, aggression 1, at least a tenth) is a weight that grows with the age of an endpoint.
 */
import type { Random } from '@heddle/base'
import type { Cluster } from '@heddle/routing'
import type { Endpoint } from '../endpoint/endpoint.js'
import type { Hash64 } from '../message/xxhash64.js'
import { EdfScheduler } from './edf-scheduler.js'
import { HashRing } from './hash-ring.js'
import { hashedHosts } from './hashed-hosts.js'
import { MaglevTable } from './maglev-table.js'

export interface HostChoice {
  readonly endpoints: readonly Endpoint[]
  /** @returns undefined when there is none. */
  pick(hash: Hash64 | undefined): Endpoint | undefined
}

export interface ChoiceDeps {
  readonly random: Random
  monotonicMs(): number
}

const minSlowStartShare = 0.1

/** @param weightOf for the hash policies, which weigh localities with their endpoints. */
export function createHostChoice(
  cluster: Cluster,
  endpoints: readonly Endpoint[],
  deps: ChoiceDeps,
  weightOf: (endpoint: Endpoint) => number = ownWeight,
): HostChoice {
  const only = endpoints[0]
  if (only === undefined || endpoints.length === 1) return { endpoints, pick: () => only }
  const { random } = deps
  switch (cluster.lbPolicy) {
    case 'RANDOM':
      return { endpoints, pick: () => anyOf(endpoints, random) }
    case 'RING_HASH':
      return byHash(endpoints, random, () => new HashRing(hashedHosts(endpoints, weightOf), cluster.ringHash))
    case 'MAGLEV':
      return byHash(endpoints, random, () => new MaglevTable(hashedHosts(endpoints, weightOf), cluster.maglev?.tableSize))
    case 'LEAST_REQUEST':
      return leastRequest(cluster, endpoints, deps)
    case 'ROUND_ROBIN':
    case 'CLUSTER_PROVIDED':
    case undefined:
    default:
      return roundRobin(cluster, endpoints, deps)
  }
}

export function ownWeight({ weight }: Endpoint): number {
  return weight
}

/** Any of them, likelier by weight. */
export function weightedRandom(endpoints: readonly Endpoint[], random: Random): Endpoint | undefined {
  let total = 0
  for (const { weight } of endpoints) total += weight
  let remaining = random.next() * total
  for (const endpoint of endpoints) {
    remaining -= endpoint.weight
    if (remaining < 0) return endpoint
  }
  return endpoints[0]
}

function roundRobin(cluster: Cluster, endpoints: readonly Endpoint[], deps: ChoiceDeps): HostChoice {
  const start = Math.floor(deps.random.next() * endpoints.length)
  const schedule = scheduleOf(cluster, endpoints, deps, start, ownWeight)
  if (schedule !== undefined) return { endpoints, pick: () => schedule.pick() }
  let next = start
  return {
    endpoints,
    pick() {
      if (next >= endpoints.length) next = 0
      return endpoints[next++]
    },
  }
}

function leastRequest(cluster: Cluster, endpoints: readonly Endpoint[], deps: ChoiceDeps): HostChoice {
  const { random } = deps
  const start = Math.floor(random.next() * endpoints.length)
  const schedule = scheduleOf(cluster, endpoints, deps, start, ({ weight, activeRequests }) => weight / (activeRequests + 1))
  if (schedule !== undefined) return { endpoints, pick: () => schedule.pick() }
  const choices = Math.max(2, cluster.leastRequest?.choiceCount ?? 2)
  return {
    endpoints,
    pick() {
      let best = anyOf(endpoints, random)
      for (let draw = 1; draw < choices; draw++) {
        const other = anyOf(endpoints, random)
        if (other.activeRequests < best.activeRequests) best = other
      }
      return best
    },
  }
}

/** Undefined when all endpoints count the same: then no schedule is needed. */
function scheduleOf(
  { slowStart }: Cluster,
  endpoints: readonly Endpoint[],
  deps: ChoiceDeps,
  skip: number,
  weightOf: (endpoint: Endpoint) => number,
): EdfScheduler<Endpoint> | undefined {
  const windowMs = slowStart?.windowMs ?? 0
  const nowMs = deps.monotonicMs()
  const warms = windowMs > 0 && endpoints.some(({ joinedMs }) => nowMs - joinedMs < windowMs)
  if (!warms && endpoints.every(({ weight }) => weight === endpoints[0]?.weight)) return undefined
  if (!warms) return new EdfScheduler(endpoints, weightOf, skip)
  return new EdfScheduler(endpoints, (endpoint) => weightOf(endpoint) * warmth(endpoint, deps.monotonicMs(), windowMs), skip)
}

function warmth({ joinedMs }: Endpoint, nowMs: number, windowMs: number): number {
  const ageMs = nowMs - joinedMs
  return ageMs >= windowMs ? 1 : Math.max(minSlowStartShare, Math.max(1, ageMs) / windowMs)
}

function anyOf(endpoints: readonly Endpoint[], random: Random): Endpoint {
  return endpoints[Math.floor(random.next() * endpoints.length)] ?? (endpoints[0] as Endpoint)
}

/** A request without a hash goes anywhere. The table is made for the first one that has a hash: endpoints may change more often than that. */
function byHash(endpoints: readonly Endpoint[], random: Random, makeTable: () => { pick(hash: Hash64): number }): HostChoice {
  let table: ReturnType<typeof makeTable> | undefined
  return {
    endpoints,
    pick(hash) {
      if (hash === undefined) return anyOf(endpoints, random)
      table ??= makeTable()
      return endpoints[table.pick(hash)]
    },
  }
}
