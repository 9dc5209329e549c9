/** Configuration by the hosts it names: exact names in a map, wildcards (few) in a list. */
import { bySpecificity, hostCovers, isWildcard } from '../host/host-name.js'

export interface HostEntry<T> {
  /** As it stands in the resource, resolved: a name or a wildcard. */
  readonly pattern: string
  readonly value: T
}

export interface HostIndex<T> {
  /** Entries that cover a host: exact ones, then wildcards from narrow to wide; in the order given among equals. */
  covering(host: string): readonly HostEntry<T>[]
}

export function createHostIndex<T>(entries: Iterable<HostEntry<T>>): HostIndex<T> {
  const exact = new Map<string, HostEntry<T>[]>()
  const wildcards: HostEntry<T>[] = []
  for (const entry of entries) {
    if (isWildcard(entry.pattern)) {
      wildcards.push(entry)
      continue
    }
    const known = exact.get(entry.pattern)
    if (known === undefined) exact.set(entry.pattern, [entry])
    else known.push(entry)
  }
  wildcards.sort((left, right) => bySpecificity(left.pattern, right.pattern))
  return {
    covering: (host) => [...(exact.get(host) ?? []), ...wildcards.filter((entry) => hostCovers(entry.pattern, host))],
  }
}
