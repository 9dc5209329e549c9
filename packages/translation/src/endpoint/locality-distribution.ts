/** localityLbSetting.distribute: percentages of traffic per locality; what no rule names gets nothing. */
import type { LocalityLbEndpoints } from '@heddle/routing'
import type { ProxyLocality } from '../node/proxy-node.js'

export interface Distribution {
  readonly from?: string
  readonly to?: Readonly<Record<string, number>>
}

export function distribute(
  own: ProxyLocality,
  rules: readonly Distribution[],
  localities: readonly LocalityLbEndpoints[],
): readonly LocalityLbEndpoints[] {
  const ownName = nameOf(own)
  const rule = rules.find((candidate) => covers(candidate.from ?? '', ownName))
  if (rule === undefined) return localities
  const weights = new Map<LocalityLbEndpoints, number>()
  for (const [pattern, percent] of Object.entries(rule.to ?? {})) {
    const members = localities.filter((entry) => !weights.has(entry) && covers(pattern, nameOf(entry.locality ?? {})))
    const total = members.reduce((sum, entry) => sum + entry.endpoints.length, 0)
    for (const entry of members) weights.set(entry, Math.max(1, Math.round((percent * entry.endpoints.length) / total)))
  }
  return localities.flatMap((entry) => {
    const loadBalancingWeight = weights.get(entry)
    return loadBalancingWeight === undefined ? [] : [{ ...entry, loadBalancingWeight }]
  })
}

function nameOf(locality: { readonly region?: string; readonly zone?: string; readonly subZone?: string }): string {
  return [locality.region ?? '', locality.zone ?? '', locality.subZone ?? ''].join('/')
}

/** `region/zone/subzone`, shorter forms, and a trailing `*`. */
function covers(pattern: string, name: string): boolean {
  if (pattern.endsWith('*')) return name.startsWith(pattern.slice(0, -1))
  return name === pattern || name.startsWith(`${pattern}/`)
}
