/** The split of envoy.config.route.v3.WeightedCluster: each cluster gets its weight's share of all requests. */
import type { FractionalPercent } from '../model/route.js'

/** @param random uniform in [0, 1). @returns undefined when no cluster has a positive weight. */
export function pickWeightedCluster<Entry extends { readonly weight: number }>(
  clusters: readonly Entry[],
  random: number,
): Entry | undefined {
  let total = 0
  for (const cluster of clusters) total += cluster.weight
  let remaining = random * total
  for (const cluster of clusters) {
    remaining -= cluster.weight
    if (remaining < 0) return cluster
  }
  return undefined
}

const denominators: Readonly<Record<FractionalPercent['denominator'], number>> = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 }

/** Whether one draw falls into the fraction. @param random uniform in [0, 1). */
export function isSampled(fraction: FractionalPercent, random: number): boolean {
  return random * denominators[fraction.denominator] < fraction.numerator
}
