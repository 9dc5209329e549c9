/** The names by which a request may mean a service: full, absolute, the short ones of the caller's namespace, addresses. */
import type { ProxyView } from '../proxy/proxy-view.js'
import type { MeshService } from '../snapshot/mesh-service.js'

export function serviceDomains(view: ProxyView, service: MeshService): readonly string[] {
  const { name, namespace, host } = service
  const addresses = captured(view, service)
    .filter((address) => !address.includes('/'))
    .map(bracketed)
  if (service.registry === 'External') return [host, `${host}.`, ...addresses]
  const short =
    namespace === view.namespace
      ? [name, `${name}.${namespace}.svc`, `${name}.${namespace}`]
      : [`${name}.${namespace}`, `${name}.${namespace}.svc`]
  const names = [host, `${host}.`, ...short]
  // Pods of a headless service are called by their own names below the service's.
  const below = service.headless ? names.map((domain) => `*.${domain}`) : []
  return [...names, ...below, ...addresses]
}

/** The addresses by which a proxy's app may call a service: those made up are known only where the proxy answers names. */
export function captured(view: ProxyView, { addresses, automaticAddress }: MeshService): readonly string[] {
  return automaticAddress !== undefined && view.node.answersNames ? [automaticAddress] : addresses
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
