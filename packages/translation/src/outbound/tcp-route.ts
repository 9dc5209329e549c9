/** Where a TCP or TLS route of a VirtualService leads, as the network filters at the end of a chain. */
import type { NetworkFilter } from '@heddle/routing'
import { tcpProxy, type TcpSettings, weightedTcpProxy } from '../filter/tcp-proxy.js'
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
  if (resolved.length === 1) return tcpProxy(mesh, only.cluster, tcpSettings(view, only.service, only.subset, only.port))
  const clusters = resolved.filter((entry) => entry.weight > 0).map((entry) => ({ name: entry.cluster, weight: entry.weight }))
  const hashes = resolved.some((entry) => tcpSettings(view, entry.service, entry.subset, entry.port).hashesSourceIp === true)
  const settings = hashes ? { hashesSourceIp: true } : {}
  return clusters.length === 0 ? undefined : weightedTcpProxy(mesh, `${owner.name}.${owner.namespace}`, clusters, settings)
}

/** connectionPool.tcp.idleTimeout and consistentHash.useSourceIp act in the TCP proxy, not in the cluster. */
export function tcpSettings(view: ProxyView, service: MeshService | undefined, subsetName: string, port: number): TcpSettings {
  if (service === undefined) return {}
  const rule = view.ruleFor(service)
  const subset = rule?.subsets.find((candidate) => candidate.name === subsetName)
  const { connectionPool, loadBalancer } = policyFor(rule, subset, port)
  const idleTimeoutMs = durationMs(connectionPool?.tcp?.idleTimeout)
  return {
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(loadBalancer?.consistentHash?.useSourceIp === true ? { hashesSourceIp: true } : {}),
  }
}
