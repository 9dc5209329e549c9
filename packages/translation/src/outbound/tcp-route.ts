/** Where a TCP or TLS route of a VirtualService leads, as the network filters at the end of a chain. */
import type { NetworkFilter } from '@heddle/routing'
import { tcpProxy, weightedTcpProxy } from '../filter/tcp-proxy.js'
import { policyFor } from '../cluster/traffic-policy.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { durationMs } from '../resources/duration-field.js'
import type { RouteDestination } from '../resources/virtual-service.js'
import { resolveDestination } from '../route/destination.js'
import type { MeshService } from '../snapshot/mesh-service.js'
import type { MeshVirtualService } from '../snapshot/virtual-services.js'

export function tcpRouteFilter(
  view: ProxyView,
  owner: MeshVirtualService,
  destinations: readonly RouteDestination[],
  port: number,
  path: string,
): NetworkFilter | undefined {
  const resolved = destinations.map((entry, index) => ({
    weight: entry.weight ?? 0,
    ...resolveDestination(view, owner, entry.destination, port, `${path}.route[${index}].destination`, 'all-ports'),
  }))
  const [only] = resolved
  if (only === undefined) return undefined
  const mesh = view.snapshot.meshConfig
  if (resolved.length === 1) return tcpProxy(mesh, only.cluster, tcpIdleTimeoutMs(view, only.service, only.subset, only.port))
  const clusters = resolved.filter((entry) => entry.weight > 0).map((entry) => ({ name: entry.cluster, weight: entry.weight }))
  return clusters.length === 0 ? undefined : weightedTcpProxy(mesh, `${owner.name}.${owner.namespace}`, clusters)
}

/** connectionPool.tcp.idleTimeout acts in the TCP proxy, not in the cluster. */
export function tcpIdleTimeoutMs(view: ProxyView, service: MeshService | undefined, subsetName: string, port: number): number | undefined {
  if (service === undefined) return undefined
  const rule = view.ruleFor(service)
  const subset = rule?.subsets.find((candidate) => candidate.name === subsetName)
  return durationMs(policyFor(rule, subset, port).connectionPool?.tcp?.idleTimeout)
}
