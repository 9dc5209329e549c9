/**
 * Istio's name table (NDS): the host names that a proxy answers to its app, with their addresses. A headless service has the
 * addresses of its ready endpoints, and those that have host names of their own are listed below it. Hosts of ServiceEntries
 * are answered where they have an address, be it a made-up one.
 */
import type { ProxyNode } from '../node/proxy-node.js'
import { createProxyView } from '../proxy/proxy-view.js'
import { captured } from '../route/virtual-host-domains.js'
import type { MeshEndpoint } from '../snapshot/mesh-endpoint.js'
import type { MeshService } from '../snapshot/mesh-service.js'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.js'

export interface NameEntry {
  readonly addresses: readonly string[]
  readonly registry: 'Kubernetes' | 'External'
  /** The name within its namespace; a host outside of the platform has none. */
  readonly shortName: string
  readonly namespace: string
}

/** Keys are full host names. */
export type NameTable = Readonly<Record<string, NameEntry>>

export function nameTable(snapshot: MeshSnapshot, node: ProxyNode): NameTable {
  const table: Record<string, NameEntry> = {}
  const view = createProxyView(snapshot, node)
  for (const service of view.services) {
    if (!service.headless) {
      const addresses = captured(view, service).filter((address) => !address.includes('/'))
      if (addresses.length > 0) table[service.host] = entry(service, service.registry === 'External' ? '' : service.name, addresses)
      continue
    }
    const ready = readyEndpoints(snapshot, service)
    if (ready.length > 0) table[service.host] = entry(service, service.name, unique(ready.map((endpoint) => endpoint.address)))
    for (const { hostname, address } of ready) {
      if (hostname !== undefined) table[`${hostname}.${service.host}`] = entry(service, `${hostname}.${service.name}`, [address])
    }
  }
  return table
}

function entry(service: MeshService, shortName: string, addresses: readonly string[]): NameEntry {
  return { addresses, registry: service.registry, shortName, namespace: service.namespace }
}

function readyEndpoints(snapshot: MeshSnapshot, service: MeshService): readonly MeshEndpoint[] {
  return service.ports.flatMap((port) => snapshot.endpointsOf(service, port)).filter((endpoint) => endpoint.healthy)
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)]
}
