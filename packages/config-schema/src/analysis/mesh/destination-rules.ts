/** DestinationRules by the hosts they are for, so that each route need not look through all of them. */
import type { DestinationRule } from '../../gen/types.js'
import { hostCovers } from '../../rules/hosts.js'
import type { View } from './view.js'

export interface DestinationRules {
  /** Rules whose host is or covers a fully qualified one, in their order. */
  covering(host: string): readonly View<DestinationRule>[]
}

/** @param resolve a host as written in a namespace, fully qualified. */
export function createDestinationRules(
  views: readonly View<DestinationRule>[],
  resolve: (host: string, namespace: string) => string,
): DestinationRules {
  const exact = new Map<string, number[]>()
  const wild: (readonly [host: string, position: number])[] = []
  for (const [position, { namespace, resource }] of views.entries()) {
    const host = resolve(resource.spec.host, namespace)
    const same = exact.get(host)
    if (host.startsWith('*')) wild.push([host, position])
    else if (same === undefined) exact.set(host, [position])
    else same.push(position)
  }
  return {
    covering(host) {
      const wider = wild.filter(([pattern]) => hostCovers(pattern, host)).map(([, position]) => position)
      return [...(exact.get(host.toLowerCase()) ?? []), ...wider].sort((a, b) => a - b).flatMap((position) => views[position] ?? [])
    },
  }
}
