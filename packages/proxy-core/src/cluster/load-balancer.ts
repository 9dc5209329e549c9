/**
 * Picks endpoints as Envoy's load balancers do: first the priority by its load, then, with locality weights, the locality
 * by its weight and health, then the endpoint by the policy. All that depends on health is worked out when health changes.
 */
import type { Cluster } from '@heddle/routing'
import type { Endpoint } from '../endpoint/endpoint.js'
import { type Hash64, hashModulo } from '../message/xxhash64.js'
import { EdfScheduler } from './edf-scheduler.js'
import { type ChoiceDeps, createHostChoice, type HostChoice, weightedRandom } from './host-choice.js'
import { availability, type PriorityHealth, priorityLoads } from './priority-load.js'

/** Endpoints of one locality in one priority. */
export interface LocalityEndpoints {
  readonly priority: number
  /** 0: no traffic when localities are weighted. */
  readonly weight: number
  readonly endpoints: readonly Endpoint[]
}

const defaultPanicPercent = 50

export class LoadBalancer {
  readonly #cluster: Cluster
  readonly #deps: ChoiceDeps
  readonly #priorities: readonly (readonly LocalityEndpoints[])[]
  /** The healthy endpoints of each priority, then the degraded ones of each. */
  #levels: readonly HostChoice[] = []
  #percents: readonly number[] = []
  /** The one that gets everything. */
  #sole: HostChoice | undefined

  constructor(cluster: Cluster, localities: readonly LocalityEndpoints[], deps: ChoiceDeps) {
    this.#cluster = cluster
    this.#deps = deps
    const numbers = [...new Set(localities.map(({ priority }) => priority))].toSorted((a, b) => a - b)
    this.#priorities = numbers.map((number) => localities.filter(({ priority }) => priority === number))
    this.refresh()
  }

  /** Takes note of endpoints that became healthy or unhealthy. */
  refresh(): void {
    const { commonLb } = this.#cluster
    const loads = priorityLoads(
      this.#priorities.map((localities) => healthOf(localities.flatMap(({ endpoints }) => endpoints))),
      commonLb?.healthyPanicThreshold ?? defaultPanicPercent,
    )
    const healthy = this.#priorities.map((localities, at) => this.#level(localities, loads[at]?.panics === true, isUsable))
    const degraded = loads.some(({ degradedPercent }) => degradedPercent > 0)
      ? this.#priorities.map((localities, at) => this.#level(localities, loads[at]?.panics === true, isDegraded))
      : []
    this.#levels = [...healthy, ...degraded]
    this.#percents = [...loads.map(({ percent }) => percent), ...loads.map(({ degradedPercent }) => degradedPercent)]
    this.#sole = this.#levels[this.#percents.indexOf(100)]
  }

  /** @param hash of the request; undefined without a hash policy. @returns undefined when no endpoint may be used. */
  pick(hash: Hash64 | undefined): Endpoint | undefined {
    return (this.#sole ?? this.#chooseLevel(hash))?.pick(hash)
  }

  /** Any of those that `pick` chooses from but the excluded; undefined when none is left. */
  pickExcept(isExcluded: (endpoint: Endpoint) => boolean): Endpoint | undefined {
    const level = this.#sole ?? this.#chooseLevel(undefined)
    return weightedRandom(level?.endpoints.filter((endpoint) => !isExcluded(endpoint)) ?? [], this.#deps.random)
  }

  #chooseLevel(hash: Hash64 | undefined): HostChoice | undefined {
    // A session that sticks to an endpoint sticks to its priority.
    let point = hash !== undefined && isHashPolicy(this.#cluster) ? hashModulo(hash, 100) : this.#deps.random.next() * 100
    for (let at = 0; at < this.#levels.length; at++) {
      point -= this.#percents[at] as number
      if (point < 0) return this.#levels[at]
    }
    return undefined
  }

  #level(localities: readonly LocalityEndpoints[], panics: boolean, isFit: IsFit): HostChoice {
    const all = localities.flatMap(({ endpoints }) => endpoints)
    if (panics) return createHostChoice(this.#cluster, all, this.#deps)
    if (this.#cluster.commonLb?.localityWeighted === true) {
      const weighted = this.#weightedLevel(localities, isFit)
      if (weighted !== undefined) return weighted
    }
    return createHostChoice(this.#cluster, all.filter(isFit), this.#deps)
  }

  /** Undefined when no locality has both a weight and an endpoint that fits. */
  #weightedLevel(localities: readonly LocalityEndpoints[], isFit: IsFit): HostChoice | undefined {
    const fit = localities.filter(({ weight, endpoints }) => weight > 0 && endpoints.some(isFit))
    if (fit.length === 0) return undefined
    const endpoints = fit.flatMap((locality) => locality.endpoints.filter(isFit))
    if (isHashPolicy(this.#cluster)) return createHostChoice(this.#cluster, endpoints, this.#deps, weightsOf(fit, isFit))
    const choices = fit.map((locality) => ({
      weight: locality.weight * availability(locality.endpoints.filter(isFit).length, locality.endpoints.length),
      choice: createHostChoice(this.#cluster, locality.endpoints.filter(isFit), this.#deps),
    }))
    const start = Math.floor(this.#deps.random.next() * choices.length)
    const schedule = new EdfScheduler(choices, ({ weight }) => weight, start)
    return { endpoints, pick: (hash) => schedule.pick()?.choice.pick(hash) }
  }
}

function isHashPolicy({ lbPolicy }: Cluster): boolean {
  return lbPolicy === 'RING_HASH' || lbPolicy === 'MAGLEV'
}

type IsFit = (endpoint: Endpoint) => boolean

function isUsable({ healthy, degraded, ejected }: Endpoint): boolean {
  return healthy && !degraded && !ejected
}

function isDegraded({ healthy, degraded, ejected }: Endpoint): boolean {
  return healthy && degraded && !ejected
}

function healthOf(endpoints: readonly Endpoint[]): PriorityHealth {
  return { total: endpoints.length, healthy: endpoints.filter(isUsable).length, degraded: endpoints.filter(isDegraded).length }
}

/** An endpoint's part of its locality's weight. */
function weightsOf(localities: readonly LocalityEndpoints[], isFit: IsFit): (endpoint: Endpoint) => number {
  const weights = new Map<Endpoint, number>()
  for (const { weight, endpoints } of localities) {
    const usable = endpoints.filter(isFit)
    const total = usable.reduce((sum, endpoint) => sum + endpoint.weight, 0)
    for (const endpoint of usable) weights.set(endpoint, (weight * endpoint.weight) / total)
  }
  return (endpoint) => weights.get(endpoint) ?? 0
}
