/** Locality failover: near endpoints have priority 0, farther ones follow without gaps (Istio's default order). */
import type { LocalityLbEndpoints } from '@heddle/routing'
import type { ProxyLocality } from '../node/proxy-node.js'

export interface RegionFailover {
  readonly from?: string
  readonly to?: string
}

export function failoverPriorities(
  own: ProxyLocality,
  failover: readonly RegionFailover[],
  localities: readonly LocalityLbEndpoints[],
): readonly LocalityLbEndpoints[] {
  const target = failover.find((rule) => rule.from === own.region)?.to
  const distances = localities.map((locality) => distance(own, target, locality))
  const order = [...new Set(distances)].toSorted((left, right) => left - right)
  return localities.map((locality, index) => {
    const priority = order.indexOf(distances[index] ?? 0)
    return priority === 0 ? locality : { ...locality, priority }
  })
}

function distance(own: ProxyLocality, failoverRegion: string | undefined, { locality }: LocalityLbEndpoints): number {
  if ((locality?.region ?? '') !== own.region) return failoverRegion === undefined || locality?.region === failoverRegion ? 3 : 4
  if ((locality?.zone ?? '') !== own.zone) return 2
  return (locality?.subZone ?? '') === own.subZone ? 0 : 1
}
