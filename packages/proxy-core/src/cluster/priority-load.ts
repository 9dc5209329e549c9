/**
 * How much of the traffic each priority gets (Envoy's priority levels and panic threshold): a priority is good for 1.4
 * times its share of healthy endpoints, what it cannot take spills to the next one, and what the healthy endpoints of all
 * of them cannot take goes to the degraded ones in the same way. When all together are not good for everything, a
 * priority below the panic threshold uses its endpoints whatever their health.
 */
export interface PriorityHealth {
  readonly total: number
  /** Without the degraded ones. */
  readonly healthy: number
  /** Absent: none. */
  readonly degraded?: number
}

export interface PriorityLoad {
  /** Percent of the traffic for its healthy endpoints; all together, with those for degraded ones, 100. */
  readonly percent: number
  readonly degradedPercent: number
  /** Health is disregarded. */
  readonly panics: boolean
}

const overprovisioningPercent = 140

/** @param panicPercent of healthy endpoints below which a priority panics; 0: never. */
export function priorityLoads(priorities: readonly PriorityHealth[], panicPercent: number): readonly PriorityLoad[] {
  const good = priorities.map(({ healthy, total }) => goodFor(healthy, total))
  const fair = priorities.map(({ degraded = 0, total }) => goodFor(degraded, total))
  const together = Math.min(100, sum(good) + sum(fair))
  if (together === 0 && panicPercent === 0)
    return priorities.map((_, at) => ({ percent: at === 0 ? 100 : 0, degradedPercent: 0, panics: false }))
  const panics = priorities.map(
    ({ total, healthy, degraded = 0 }) => together < 100 && (total === 0 ? 0 : ((healthy + degraded) * 100) / total) < panicPercent,
  )
  const percents = panics.every(Boolean) ? byCount(priorities) : byHealth([...good, ...fair], together)
  return priorities.map((_, at) => ({
    percent: percents[at] as number,
    degradedPercent: percents[priorities.length + at] ?? 0,
    panics: panics[at] as boolean,
  }))
}

/** How much a group of endpoints can take when only some of it may be used, from 0 to 1. */
export function availability(usable: number, total: number): number {
  return total === 0 ? 0 : Math.min(1, ((overprovisioningPercent / 100) * usable) / total)
}

function goodFor(usable: number, total: number): number {
  return total === 0 ? 0 : Math.min(100, Math.floor((overprovisioningPercent * usable) / total))
}

function byHealth(good: readonly number[], together: number): readonly number[] {
  let left = 100
  const percents = good.map((percent) => {
    const share = Math.min(left, Math.floor((percent * 100) / together))
    left -= share
    return share
  })
  return withRest(percents, left, (at) => (good[at] as number) > 0)
}

function byCount(priorities: readonly PriorityHealth[]): readonly number[] {
  const all = sum(priorities.map(({ total }) => total))
  const percents = priorities.map(({ total }) => (all === 0 ? 0 : Math.floor((total * 100) / all)))
  return withRest(percents, 100 - sum(percents), (at) => all === 0 || (priorities[at] as PriorityHealth).total > 0)
}

/** What rounding left over goes to the first that can take it. */
function withRest(percents: readonly number[], rest: number, fits: (at: number) => boolean): readonly number[] {
  const first = percents.findIndex((_, at) => fits(at))
  return percents.map((percent, at) => (at === first ? percent + rest : percent))
}

function sum(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
