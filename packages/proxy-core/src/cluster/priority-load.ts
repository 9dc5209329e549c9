/**
 * How much of the traffic each priority gets (Envoy's priority levels and panic threshold): a priority is good for 1.4
 * times its share of healthy endpoints, what it cannot take spills to the next one, and when all together are not good
 * for everything a priority below the panic threshold uses its endpoints whatever their health.
 */
export interface PriorityHealth {
  readonly total: number
  readonly healthy: number
}

export interface PriorityLoad {
  /** Percent of the traffic; all together 100. */
  readonly percent: number
  /** Health is disregarded. */
  readonly panics: boolean
}

const overprovisioningPercent = 140

/** @param panicPercent of healthy endpoints below which a priority panics; 0: never. */
export function priorityLoads(priorities: readonly PriorityHealth[], panicPercent: number): readonly PriorityLoad[] {
  const good = priorities.map(goodFor)
  const together = Math.min(100, sum(good))
  if (together === 0 && panicPercent === 0) return priorities.map((_, at) => ({ percent: at === 0 ? 100 : 0, panics: false }))
  const panics = priorities.map(({ total, healthy }) => together < 100 && (total === 0 ? 0 : (healthy * 100) / total) < panicPercent)
  const percents = panics.every(Boolean) ? byCount(priorities) : byHealth(good, together)
  return priorities.map((_, at) => ({ percent: percents[at] as number, panics: panics[at] as boolean }))
}

/** How much an endpoint's group can take when only some of it is healthy, from 0 to 1. */
export function availability({ total, healthy }: PriorityHealth): number {
  return total === 0 ? 0 : Math.min(1, ((overprovisioningPercent / 100) * healthy) / total)
}

function goodFor({ total, healthy }: PriorityHealth): number {
  return total === 0 ? 0 : Math.min(100, Math.floor((overprovisioningPercent * healthy) / total))
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
