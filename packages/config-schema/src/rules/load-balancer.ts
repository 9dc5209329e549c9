/** Rules of load balancing: consistent hashing and locality. */
import type { ConsistentHash, LoadBalancerSettings, LocalityLoadBalancerSetting } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { eachOf, error, firstPlaces, warning, within } from './reporter.js'

const localityLabels = new Set(['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'])
const largestTable = 5_000_011

export function checkLoadBalancer(settings: LoadBalancerSettings, hasOutlierDetection: boolean, faults: FaultList): void {
  const { consistentHash, localityLbSetting, zoneAwareLbSetting } = settings
  if (consistentHash) within(faults, ['consistentHash'], () => checkConsistentHash(consistentHash, faults))
  if (localityLbSetting && zoneAwareLbSetting) {
    error(
      faults,
      'load-balancer/locality-or-zone',
      ['zoneAwareLbSetting'],
      'Only one of localityLbSetting and zoneAwareLbSetting may be set.',
      { part: 'key' },
    )
  }
  if (localityLbSetting) within(faults, ['localityLbSetting'], () => checkLocality(localityLbSetting, hasOutlierDetection, faults))
}

function checkConsistentHash(hash: ConsistentHash, faults: FaultList): void {
  if (hash.httpCookie?.name === '') error(faults, 'missing-field', ['httpCookie', 'name'], 'The cookie needs a name.')
  const names = firstPlaces<string>()
  within(faults, ['httpCookie'], () => {
    eachOf(faults, 'attributes', hash.httpCookie?.attributes, ({ name }) => {
      if (name === '') error(faults, 'missing-field', ['name'], 'The attribute needs a name.')
      const first = name ? names.take(name, faults, 'name') : undefined
      if (first !== undefined)
        error(faults, 'load-balancer/duplicate-attribute', ['name'], `The attribute "${clip(name)}" stands twice.`, first)
    })
  })
  if ((hash.minimumRingSize ?? 0) > 0 && (hash.ringHash || hash.maglev)) {
    error(faults, 'load-balancer/ring-size', ['minimumRingSize'], 'minimumRingSize cannot stand beside ringHash or maglev.', {
      part: 'key',
    })
  }
  const size = hash.maglev?.tableSize
  if (size !== undefined && (size >= largestTable || !isPrime(size))) {
    error(faults, 'load-balancer/table-size', ['maglev', 'tableSize'], `${size} cannot be the size of a Maglev table.`, {
      expected: `a prime number below ${largestTable}, such as 65537`,
    })
  }
}

function isPrime(value: number): boolean {
  if (value < 2) return false
  for (let divisor = 2; divisor * divisor <= value; divisor++) if (value % divisor === 0) return false
  return true
}

function checkLocality(setting: LocalityLoadBalancerSetting, hasOutlierDetection: boolean, faults: FaultList): void {
  const hasDistribute = (setting.distribute ?? []).length > 0
  const hasFailover = (setting.failover ?? []).length > 0 || (setting.failoverPriority ?? []).length > 0
  if (hasDistribute && (setting.failover ?? []).length > 0)
    error(faults, 'locality/distribute-or-failover', ['failover'], 'Only one of distribute and failover may be set.', { part: 'key' })
  if (hasFailover && !hasOutlierDetection)
    warning(
      faults,
      'locality/outlier-detection',
      [],
      'Failover needs outlierDetection in the same policy; without it no endpoint ever counts as failed.',
    )
  checkDistribute(setting, faults)
  if ((setting.failover ?? []).length > 0) {
    eachOf(faults, 'failoverPriority', setting.failoverPriority, (label) => {
      if (localityLabels.has(label.split('=')[0] ?? ''))
        error(faults, 'locality/failover-priority', [], `"${clip(label)}" cannot stand beside failover, which already ranks regions.`)
    })
  }
  eachOf(faults, 'failover', setting.failover, ({ from, to }) => {
    if (from !== undefined && from === to) error(faults, 'locality/failover', [], 'A locality cannot fail over to itself.')
    for (const [name, region] of [
      ['from', from],
      ['to', to],
    ] as const) {
      if (region !== undefined && /[/*]/.test(region))
        error(faults, 'locality/failover', [name], 'Failover is between regions: no zone and no "*".', {
          expected: 'a region such as us-east',
        })
    }
  })
}

function checkDistribute(setting: LocalityLoadBalancerSetting, faults: FaultList): void {
  const seen = new SeenLocalities()
  eachOf(faults, 'distribute', setting.distribute, ({ from, to }) => {
    checkLocalityName(from ?? '', ['from'], faults)
    if (seen.take(from ?? '')) error(faults, 'locality/overlap', ['from'], `"${clip(from ?? '')}" overlaps with an earlier entry.`)
    let total = 0
    for (const [name, weight] of Object.entries(to ?? {})) {
      checkLocalityName(name, ['to', name], faults)
      total += weight
      if (weight < 1 || weight > 100)
        error(faults, 'locality/weight', ['to', name], `${weight} is not a share.`, { expected: 'a whole number from 1 to 100' })
    }
    if (total !== 100) error(faults, 'locality/weight', ['to'], `The shares add up to ${total}; they must add up to 100.`, { part: 'key' })
  })
}

function checkLocalityName(locality: string, below: readonly string[], faults: FaultList): void {
  const parts = locality.split('/')
  const isPlain =
    parts.length <= 3 && parts.every((part, index) => part !== '' && (!part.includes('*') || (part === '*' && index === parts.length - 1)))
  if (!isPlain)
    error(faults, 'locality/name', below, `"${clip(locality)}" is not a locality.`, {
      expected: 'REGION/ZONE/SUBZONE, where only the last part may be "*"',
    })
}

/** Finds localities that overlap among thousands: the same one, or one that ends with "*" and what begins alike. */
class SeenLocalities {
  readonly #names = new Set<string>()
  /** What stands before a "*". */
  readonly #wildcards = new Set<string>()
  readonly #beginnings = new Set<string>()

  /** @returns whether it overlaps with an earlier one. */
  take(locality: string): boolean {
    const parts = locality.split('/')
    const beginnings = parts.map((_, index) => parts.slice(0, index).join('/'))
    const isWildcard = parts.at(-1) === '*'
    const before = beginnings.at(-1) as string
    const overlaps =
      this.#names.has(locality) || beginnings.some((each) => this.#wildcards.has(each)) || (isWildcard && this.#beginnings.has(before))
    this.#names.add(locality)
    if (isWildcard) this.#wildcards.add(before)
    for (const each of beginnings) this.#beginnings.add(each)
    return overlaps
  }
}
