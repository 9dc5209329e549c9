/** Where a route's destination leads: the cluster's name, and what is wrong when it leads nowhere. */
import { outboundName } from '../cluster/cluster-name.js'
import { resolveHost } from '../host/host-name.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import type { Destination } from '../resources/virtual-service.js'
import { portOf, type MeshService } from '../snapshot/mesh-service.js'
import type { MeshVirtualService } from '../snapshot/virtual-services.js'

export interface ResolvedDestination {
  readonly cluster: string
  readonly port: number
  readonly subset: string
  readonly service: MeshService | undefined
}

export function resolveDestination(
  view: ProxyView,
  owner: MeshVirtualService,
  destination: Destination,
  listenerPort: number,
  path: string,
): ResolvedDestination {
  const service = view.serviceOf(destination.host, owner.namespace)
  // Without a port the only one of the service is meant, else the one that the request came in on.
  const port = destination.port?.number ?? (service?.ports.length === 1 ? service.ports[0]?.number : undefined) ?? listenerPort
  const subset = destination.subset ?? ''
  reportProblems(view, owner, destination, { service, port, subset }, path)
  const host = resolveHost(destination.host, owner.namespace, view.snapshot.meshConfig.clusterDomain)
  return { cluster: outboundName(port, subset, host), port, subset, service }
}

function reportProblems(
  view: ProxyView,
  owner: MeshVirtualService,
  destination: Destination,
  resolved: Omit<ResolvedDestination, 'cluster'>,
  path: string,
): void {
  const { service, port, subset } = resolved
  const resource = { kind: 'VirtualService', namespace: owner.namespace, name: owner.name }
  const report = (code: 'unknown-host' | 'unknown-port' | 'unknown-subset', field: string, message: string): void =>
    view.issues.add({ code, severity: 'error', resource, path: `${path}.${field}`, message })
  if (service === undefined) {
    report(
      'unknown-host',
      'host',
      `no service "${destination.host}" is visible from namespace ${view.namespace}: requests get 503 (no cluster)`,
    )
    return
  }
  if (portOf(service, port) === undefined) {
    report(
      'unknown-port',
      'port',
      `service ${service.host} has no port ${port}; it has ${service.ports.map((known) => known.number).join(', ')}`,
    )
  }
  const rule = view.ruleFor(service)
  if (subset === '' || rule?.subsets.some((candidate) => candidate.name === subset)) return
  const known = rule?.subsets.map((candidate) => candidate.name).join(', ')
  report(
    'unknown-subset',
    'subset',
    `no DestinationRule for ${service.host} defines the subset "${subset}"${known ? `; defined are ${known}` : ''}: requests get 503 (no cluster)`,
  )
}
