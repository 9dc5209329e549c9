/** Which VirtualServices a gateway's server carries: bound to the Gateway by name, and with hosts in common. */
import { narrowerHost } from '../host/host-name.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import type { MeshVirtualService } from '../snapshot/virtual-services.js'
import type { BoundServer } from './gateway-servers.js'

export interface BoundVirtualService {
  readonly owner: MeshVirtualService
  /** The hosts in common; of two that overlap the narrower one. */
  readonly hosts: readonly string[]
}

/** Oldest first. */
export function boundVirtualServices(view: ProxyView, bound: BoundServer): readonly BoundVirtualService[] {
  const gateway = gatewayReference(bound)
  return view.virtualServices.flatMap((owner) => {
    if (!owner.gateways.includes(gateway)) return []
    const offered = serverHosts(bound, owner.namespace)
    const shared = offered.flatMap((offer) => owner.hosts.map((host) => narrowerHost(offer, host))).filter((host) => host !== undefined)
    const hosts = [...new Set(shared)]
    if (hosts.length === 0) reportNothingShared(view, owner, bound)
    return hosts.length === 0 ? [] : [{ owner, hosts }]
  })
}

export function gatewayReference({ gatewayNamespace, gatewayName }: BoundServer): string {
  return `${gatewayNamespace}/${gatewayName}`
}

/** The server's hosts that VirtualServices of a namespace may take: `NAMESPACE/HOST` limits one; `.` is the Gateway's own. */
function serverHosts({ server, gatewayNamespace }: BoundServer, namespace: string): readonly string[] {
  return server.hosts.flatMap((entry) => {
    const [first = '', host] = entry.split('/', 2)
    if (host === undefined) return [first.toLowerCase()]
    const allowed = first === '*' || first === namespace || (first === '.' && gatewayNamespace === namespace)
    return allowed ? [host.toLowerCase()] : []
  })
}

function reportNothingShared(view: ProxyView, owner: MeshVirtualService, bound: BoundServer): void {
  const others = view.snapshot.gateways.find(
    (gateway) => gateway.metadata.name === bound.gatewayName && (gateway.metadata.namespace ?? 'default') === bound.gatewayNamespace,
  )
  // Another server of the same Gateway may well carry it.
  if ((others?.spec?.servers?.length ?? 0) > 1) return
  view.issues.add({
    code: 'unknown-host',
    severity: 'warning',
    resource: { kind: 'VirtualService', namespace: owner.namespace, name: owner.name },
    path: 'spec.hosts',
    message: `Gateway ${gatewayReference(bound)} offers ${bound.server.hosts.join(', ')}: none of ${owner.hosts.join(', ')} is among them`,
  })
}
