/** The secrets that a configuration names: what a proxy must be given before it can serve. */
import type { CommonTlsContext, ProxyConfig, SecretReference } from '@heddle/routing'

/** Each once, in the order of the configuration. */
export function secretsOf(config: ProxyConfig): readonly SecretReference[] {
  const secrets = new Map<string, SecretReference>()
  for (const context of tlsContexts(config)) {
    const { certificates = [], validation } = context
    for (const secret of validation === undefined ? certificates : [...certificates, validation.roots]) {
      const key = `${secret.source}|${secret.name}`
      if (!secrets.has(key)) secrets.set(key, secret)
    }
  }
  return [...secrets.values()]
}

function* tlsContexts(config: ProxyConfig): Iterable<CommonTlsContext> {
  for (const listener of config.listeners) {
    for (const chain of listener.filterChains) if (chain.tls !== undefined) yield chain.tls.common
    if (listener.defaultFilterChain?.tls !== undefined) yield listener.defaultFilterChain.tls.common
  }
  for (const cluster of config.clusters) {
    const sockets = [cluster.transportSocket, ...(cluster.transportSocketMatches ?? []).map((match) => match.transportSocket)]
    for (const socket of sockets) if (socket?.kind === 'tls') yield socket.tls.common
  }
}
