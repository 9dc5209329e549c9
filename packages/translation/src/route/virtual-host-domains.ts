/** The names by which a request may mean a service: full, absolute, the short ones of the caller's namespace, addresses. */
import type { ProxyView } from '../proxy/proxy-view.js'
import type { MeshService } from '../snapshot/mesh-service.js'

export function serviceDomains(view: ProxyView, service: MeshService): readonly string[] {
  const { name, namespace, host } = service
  const short =
    namespace === view.namespace
      ? [name, `${name}.${namespace}.svc`, `${name}.${namespace}`]
      : [`${name}.${namespace}`, `${name}.${namespace}.svc`]
  const names = [host, `${host}.`, ...short]
  // Pods of a headless service are called by their own names below the service's.
  const below = service.headless ? names.map((domain) => `*.${domain}`) : []
  return [...names, ...below, ...service.addresses.map(bracketed)]
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
