/**
 * Picks endpoints: round robin (weighted by a smooth schedule), random, least request by the power of two choices, and
 * for the hash policies the ring of highest random weights. Priorities and panic follow Envoy: a priority with less than
 * the threshold of healthy endpoints is used as a whole.
 */
import type { Random } from '@heddle/base'
import type { Cluster } from '@heddle/routing'
import type { Endpoint } from '../endpoint/endpoint.js'
import { hashText } from '../message/hash-text.js'

export interface LoadBalancer {
  /** @param hash of the request; undefined without a hash policy. @returns undefined when no endpoint may be used. */
  pick(hash: number | undefined): Endpoint | undefined
  /** Any of those that `pick` chooses from but the excluded; undefined when none is left. */
  pickExcept(isExcluded: (endpoint: Endpoint) => boolean): Endpoint | undefined
}

export function createLoadBalancer(cluster: Cluster, endpoints: readonly Endpoint[], random: Random, nowMs: () => number): LoadBalancer {
  const priorities = [...new Set(endpoints.map(({ priority }) => priority))].toSorted((a, b) => a - b)
  const levels = priorities.map((priority) => endpoints.filter((endpoint) => endpoint.priority === priority))
  const panicPercent = cluster.commonLb?.healthyPanicThreshold ?? 50
  const choose = chooser(cluster, random, haveEqualWeights(endpoints))
  const single = levels.length === 1 ? levels[0] : undefined
  const usable: Endpoint[] = []

  const candidates = (level: readonly Endpoint[]): readonly Endpoint[] => {
    let allUsable = true
    for (const endpoint of level) if (!isUsable(endpoint, nowMs)) allUsable = false
    if (allUsable) return level
    usable.length = 0
    for (const endpoint of level) if (isUsable(endpoint, nowMs)) usable.push(endpoint)
    return usable
  }
  const pickLevel = (): readonly Endpoint[] => {
    for (const level of levels) {
      const fit = candidates(level)
      if (fit.length > 0 && (fit.length * 100) / level.length >= panicPercent) return fit
    }
    // No priority is healthy enough by itself: panic uses all of the first one, a threshold of 0 forbids it.
    for (const level of levels) if (candidates(level).length > 0 && panicPercent === 0) return candidates(level)
    return panicPercent > 0 ? (levels[0] ?? []) : []
  }

  return {
    pick(hash) {
      if (single !== undefined && single.length === 1 && isUsable(single[0] as Endpoint, nowMs)) return single[0]
      const fit = pickLevel()
      return fit.length === 0 ? undefined : choose(fit, hash)
    },
    pickExcept(isExcluded) {
      const rest = pickLevel().filter((endpoint) => !isExcluded(endpoint))
      return rest.length === 0 ? undefined : weightedRandom(rest, random)
    },
  }
}

function isUsable(endpoint: Endpoint, nowMs: () => number): boolean {
  if (!endpoint.healthy) return false
  if (endpoint.ejectedUntilMs === 0) return true
  if (nowMs() < endpoint.ejectedUntilMs) return false
  endpoint.ejectedUntilMs = 0
  endpoint.consecutive5xx = 0
  endpoint.consecutiveGatewayFailures = 0
  return true
}

type Choose = (endpoints: readonly Endpoint[], hash: number | undefined) => Endpoint

/** Most clusters do: then a draw needs no sums. */
function haveEqualWeights(endpoints: readonly Endpoint[]): boolean {
  return endpoints.every(({ weight }) => weight === endpoints[0]?.weight)
}

function chooser(cluster: Cluster, random: Random, equalWeights: boolean): Choose {
  const pickRandom: Choose = equalWeights ? (endpoints) => anyOf(endpoints, random) : (endpoints) => weightedRandom(endpoints, random)
  switch (cluster.lbPolicy) {
    case 'LEAST_REQUEST': {
      const choices = Math.max(2, cluster.leastRequest?.choiceCount ?? 2)
      return (endpoints) => leastRequest(endpoints, choices, pickRandom)
    }
    case 'RANDOM':
      return pickRandom
    case 'RING_HASH':
    case 'MAGLEV':
      return (endpoints, hash) => (hash === undefined ? pickRandom(endpoints, hash) : highestWeight(endpoints, hash))
    case 'ROUND_ROBIN':
    case 'CLUSTER_PROVIDED':
    case undefined:
    default:
      return roundRobin(random)
  }
}

function leastRequest(endpoints: readonly Endpoint[], choices: number, pickRandom: Choose): Endpoint {
  let best = pickRandom(endpoints, undefined)
  for (let draw = 1; draw < choices; draw++) {
    const other = pickRandom(endpoints, undefined)
    if (other.activeRequests < best.activeRequests) best = other
  }
  return best
}

function anyOf(endpoints: readonly Endpoint[], random: Random): Endpoint {
  return endpoints[Math.floor(random.next() * endpoints.length)] ?? (endpoints[0] as Endpoint)
}

function weightedRandom(endpoints: readonly Endpoint[], random: Random): Endpoint {
  const first = endpoints[0] as Endpoint
  let total = 0
  for (const endpoint of endpoints) total += endpoint.weight
  if (total === 0) return anyOf(endpoints, random)
  let remaining = random.next() * total
  for (const endpoint of endpoints) {
    remaining -= endpoint.weight
    if (remaining < 0) return endpoint
  }
  return first
}

/** Smooth weighted round robin; the start is random so that many proxies do not all begin with the first endpoint. */
function roundRobin(random: Random): Choose {
  let next = Math.floor(random.next() * 1_000_003)
  const credit = new WeakMap<Endpoint, number>()
  return (endpoints) => {
    const first = endpoints[0] as Endpoint
    if (endpoints.every(({ weight }) => weight === first.weight)) return endpoints[next++ % endpoints.length] ?? first
    let best = first
    let total = 0
    for (const endpoint of endpoints) {
      const value = (credit.get(endpoint) ?? 0) + endpoint.weight
      credit.set(endpoint, value)
      total += endpoint.weight
      if (value > (credit.get(best) ?? 0)) best = endpoint
    }
    credit.set(best, (credit.get(best) ?? 0) - total)
    return best
  }
}

/** Rendezvous hashing: like Envoy's ring, an endpoint that goes takes only its own share along. */
function highestWeight(endpoints: readonly Endpoint[], hash: number): Endpoint {
  let best = endpoints[0] as Endpoint
  let bestScore = -Infinity
  for (const endpoint of endpoints) {
    const uniform = (hashText(endpoint.key, hash) + 1) / 4_294_967_297
    const score = -endpoint.weight / Math.log(uniform)
    if (score > bestScore) {
      best = endpoint
      bestScore = score
    }
  }
  return best
}
