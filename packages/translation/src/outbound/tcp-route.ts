/** Where a TCP or TLS route of a VirtualService leads, as the network filters at the end of a chain. */
import type { NetworkFilter } from '@heddle/routing'
import { tcpProxy, type TcpSettings, weightedTcpProxy } from '../filter/tcp-proxy.js'
import { tcpLimits } from '../cluster/connection-pool.js'
import { policyFor } from '../cluster/traffic-policy.js'
import type { ProxyView } from '../proxy/proxy-view.js'
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
  const [first] = resolved
  if (first === undefined) return undefined
  const mesh = view.snapshot.meshConfig
  const settingsOf = ({ service, subset, port: toPort }: Omit<typeof first, 'weight'>): TcpSettings =>
    tcpSettings(view, service, subset, toPort)
  if (resolved.length === 1) return tcpProxy(mesh, first.cluster, settingsOf(first))
  const clusters = resolved.filter((entry) => entry.weight > 0).map((entry) => ({ name: entry.cluster, weight: entry.weight }))
  const hashes = resolved.some((entry) => settingsOf(entry).hashesSourceIp === true)
  // As with istiod the first destination's rule says how long connections last.
  const settings = { ...settingsOf(first), ...(hashes ? { hashesSourceIp: true } : {}) }
  return clusters.length === 0 ? undefined : weightedTcpProxy(mesh, `${owner.name}.${owner.namespace}`, clusters, settings)
}

/** connectionPool.tcp's times and consistentHash.useSourceIp act in the TCP proxy, not in the cluster. */
export function tcpSettings(view: ProxyView, service: MeshService | undefined, subsetName: string, port: number): TcpSettings {
  if (service === undefined) return {}
  const rule = view.ruleFor(service)
  const subset = rule?.subsets.find((candidate) => candidate.name === subsetName)
  const { connectionPool, loadBalancer } = policyFor(rule, subset, port)
  return {
    ...tcpLimits(connectionPool),
    ...(loadBalancer?.consistentHash?.useSourceIp === true ? { hashesSourceIp: true } : {}),
  }
}
