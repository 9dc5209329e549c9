/** Where a route's destination leads: the cluster's name, and what is wrong when it leads nowhere. */
import { outboundName } from '../cluster/cluster-name.js'
import { isWildcard, resolveHost } from '../host/host-name.js'
import { unknownHostText, unknownSubsetText } from '../issue/reference-text.js'
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

/** The VirtualService that a destination is written in, with the hosts that it is about. */
export type RuleOwner = Pick<MeshVirtualService, 'name' | 'namespace' | 'hosts'>

export function resolveDestination(
  view: ProxyView,
  owner: RuleOwner,
  destination: Destination,
  listenerPort: number,
  path: string,
  sees: 'listener-port' | 'all-ports',
): ResolvedDestination {
  const service = view.serviceOf(destination.host, owner.namespace)
  const port = destination.port?.number ?? impliedPort(service, listenerPort, sees)
  const subset = destination.subset ?? ''
  const expected = destination.port !== undefined || isOwnPort(view, owner, listenerPort)
  reportProblems(view, owner, destination, { service, port: expected ? port : undefined, subset }, path)
  const host = resolveHost(destination.host, owner.namespace, view.snapshot.meshConfig.clusterDomain)
  return { cluster: outboundName(port, subset, host), port, subset, service }
}

/**
 * The port of a destination that names none. Where all ports are looked at, the only one of the service is meant; the HTTP
 * routes of a sidecar look at services through the port of their listener, so that this port is meant whatever the service has.
 */
function impliedPort(service: MeshService | undefined, listenerPort: number, sees: 'listener-port' | 'all-ports'): number {
  const [only, ...more] = service?.ports ?? []
  return sees === 'all-ports' && only !== undefined && more.length === 0 ? only.number : listenerPort
}

/** False for routes that exist on port 80 only because every host gets routes there. */
function isOwnPort(view: ProxyView, owner: RuleOwner, listenerPort: number): boolean {
  if (view.node.type === 'router') return true
  return owner.hosts.some((host) => {
    if (isWildcard(host)) return true
    const service = view.serviceOf(host, owner.namespace)
    return service !== undefined && portOf(service, listenerPort) !== undefined
  })
}

function reportProblems(
  view: ProxyView,
  owner: RuleOwner,
  destination: Destination,
  resolved: { readonly service: MeshService | undefined; readonly port: number | undefined; readonly subset: string },
  path: string,
): void {
  const { service, port, subset } = resolved
  const resource = { kind: 'VirtualService', namespace: owner.namespace, name: owner.name }
  const report = (code: 'unknown-host' | 'unknown-port' | 'unknown-subset', field: string, message: string): void =>
    view.issues.add({ code, severity: 'error', resource, path: `${path}.${field}`, message })
  if (service === undefined) {
    report('unknown-host', 'host', unknownHostText(destination.host))
    return
  }
  if (port !== undefined && portOf(service, port) === undefined) {
    report(
      'unknown-port',
      'port',
      `service ${service.host} has no port ${port}; it has ${service.ports.map((known) => known.number).join(', ')}`,
    )
  }
  const rule = view.ruleFor(service)
  if (subset === '' || rule?.subsets.some((candidate) => candidate.name === subset)) return
  const known = rule?.subsets.map((candidate) => candidate.name) ?? []
  report('unknown-subset', 'subset', unknownSubsetText(service.host, subset, known))
}
