/**
 * Virtual hosts by domain, in Envoy's order of preference: exact, longest `*suffix`, longest `prefix*`, then `*`
 * (envoy.config.route.v3.VirtualHost.domains). Names are compared without case.
 */

export interface DomainIndex<Value> {
  /** @param host without port when the configuration ignores ports. */
  find(host: string): Value | undefined
  /** Domains that another entry had already taken, in the order they came; the first entry keeps them. */
  readonly duplicates: readonly string[]
}

export function createDomainIndex<Value>(entries: Iterable<readonly [domain: string, value: Value]>): DomainIndex<Value> {
  const exact = new Map<string, Value>()
  const suffixes = new Map<string, Value>()
  const prefixes = new Map<string, Value>()
  const duplicates: string[] = []
  let any: { readonly value: Value } | undefined

  for (const [domain, value] of entries) {
    const name = domain.toLowerCase()
    if (name === '*') {
      if (any) duplicates.push(domain)
      else any = { value }
      continue
    }
    const map = name.startsWith('*') ? suffixes : name.endsWith('*') ? prefixes : exact
    const key = name.startsWith('*') ? name.slice(1) : name.endsWith('*') ? name.slice(0, -1) : name
    if (map.has(key)) duplicates.push(domain)
    else map.set(key, value)
  }

  const suffixLengths = lengthsDescending(suffixes)
  const prefixLengths = lengthsDescending(prefixes)
  return {
    duplicates,
    find(host) {
      // As it came first: nearly all hosts are in lower case, and the caller's string may know its hash already.
      const asWritten = exact.get(host)
      if (asWritten !== undefined) return asWritten
      const name = host.toLowerCase()
      const found = exact.get(name)
      if (found !== undefined) return found
      for (const length of suffixLengths) {
        const value = length < name.length ? suffixes.get(name.slice(name.length - length)) : undefined
        if (value !== undefined) return value
      }
      for (const length of prefixLengths) {
        const value = length < name.length ? prefixes.get(name.slice(0, length)) : undefined
        if (value !== undefined) return value
      }
      return any?.value
    },
  }
}

/** The host of an authority without its port; IPv6 literals keep their brackets. */
export function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(':')
  if (colon < 0 || authority.endsWith(']')) return authority
  return /^\d+$/.test(authority.slice(colon + 1)) ? authority.slice(0, colon) : authority
}

function lengthsDescending(map: ReadonlyMap<string, unknown>): readonly number[] {
  return [...new Set([...map.keys()].map((key) => key.length))].sort((a, b) => b - a)
}
