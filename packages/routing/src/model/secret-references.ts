/** Which secrets a configuration names: whoever subscribes to them or serves them needs exactly these. */
import type { Cluster } from './cluster.js'
import type { Listener } from './listener.js'
import type { CommonTlsContext, SecretReference } from './tls-context.js'

/** Each once, in the order of first use. */
export function secretReferencesOf(listeners: Iterable<Listener>, clusters: Iterable<Cluster>): readonly SecretReference[] {
  const found = new Map<string, SecretReference>()
  const add = (common: CommonTlsContext | undefined): void => {
    const roots = common?.validation?.roots
    for (const reference of [...(common?.certificates ?? []), ...(roots ? [roots] : [])])
      if (!found.has(reference.name)) found.set(reference.name, reference)
  }
  for (const { filterChains, defaultFilterChain } of listeners) {
    for (const { tls } of filterChains) add(tls?.common)
    add(defaultFilterChain?.tls?.common)
  }
  for (const { transportSocket, transportSocketMatches = [] } of clusters) {
    if (transportSocket?.kind === 'tls') add(transportSocket.tls.common)
    for (const match of transportSocketMatches) if (match.transportSocket.kind === 'tls') add(match.transportSocket.tls.common)
  }
  return [...found.values()]
}
