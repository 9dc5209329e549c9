/**
 * What the Sidecar resource of a workload lets it reach (networking.istio.io Sidecar): the one whose selector fits, else the
 * default of its namespace, else that of the root namespace. Without any, everything that is exported to it. Its egress hosts
 * choose services and VirtualServices; where an egress listener names a port, only it serves that port.
 */
import { hostCovers, narrowerHost } from '../host/host-name.js'
import type { Sidecar, SidecarEgressListener } from '../resources/sidecar.js'
import type { MeshConfig } from '../snapshot/mesh-config.js'
import type { MeshService } from '../snapshot/mesh-service.js'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.js'
import type { MeshVirtualService } from '../snapshot/virtual-services.js'
import { isSubset, type Labels } from '../snapshot/workload.js'

export interface SidecarScope {
  /** The resource that says so. */
  readonly sidecar: Sidecar
  readonly outboundTrafficPolicy: MeshConfig['outboundTrafficPolicy']
  /** The service with the ports that are reached; undefined when none of them is. */
  imported(service: MeshService): MeshService | undefined
  /** Whether a listener of this port leads to the service. */
  reaches(service: MeshService, port: number): boolean
  importsRoutes(owner: MeshVirtualService): boolean
}

/** The resource that holds for a workload; the oldest of those that could. */
export function sidecarOf(snapshot: MeshSnapshot, namespace: string, labels: Labels): Sidecar | undefined {
  const own = snapshot.sidecarsByNamespace.get(namespace) ?? []
  const general = (sidecars: readonly Sidecar[]): Sidecar | undefined => sidecars.find((sidecar) => selectorOf(sidecar) === undefined)
  return (
    own.find((sidecar) => selectorOf(sidecar) !== undefined && isSubset(selectorOf(sidecar), labels)) ??
    general(own) ??
    general(snapshot.sidecarsByNamespace.get(snapshot.meshConfig.rootNamespace) ?? [])
  )
}

function selectorOf({ spec }: Sidecar): Labels | undefined {
  const labels = spec?.workloadSelector?.labels
  return labels === undefined || Object.keys(labels).length === 0 ? undefined : labels
}

interface EgressHosts {
  readonly port: number | undefined
  readonly hosts: readonly { readonly namespace: string; readonly pattern: string }[]
}

/** @param namespace of the workload: what `.` means, even in the resource of the root namespace. */
export function sidecarScope(sidecar: Sidecar, namespace: string, meshConfig: MeshConfig): SidecarScope {
  const { egress, outboundTrafficPolicy } = sidecar.spec ?? {}
  const listeners = (egress?.length ? egress : [{ hosts: ['*/*'] }]).map((listener) => egressHosts(listener, namespace))
  const ports = new Set(listeners.flatMap(({ port }) => port ?? []))
  const admits = ({ hosts }: EgressHosts, service: MeshService): boolean =>
    hosts.some((entry) => isFrom(entry.namespace, service.namespace) && hostCovers(entry.pattern, service.host))
  const reaches: SidecarScope['reaches'] = (service, port) =>
    listeners.some((listener) => (ports.has(port) ? listener.port === port : listener.port === undefined) && admits(listener, service))
  return {
    sidecar,
    outboundTrafficPolicy:
      outboundTrafficPolicy === undefined ? meshConfig.outboundTrafficPolicy : (outboundTrafficPolicy.mode ?? 'REGISTRY_ONLY'),
    reaches,
    imported: (service) => {
      if (listeners.some((listener) => listener.port === undefined && admits(listener, service))) return service
      const kept = service.ports.filter((port) => reaches(service, port.number))
      return kept.length === 0 ? undefined : { ...service, ports: kept }
    },
    importsRoutes: (owner) =>
      listeners.some(({ hosts }) =>
        hosts.some(
          (entry) =>
            isFrom(entry.namespace, owner.namespace) && owner.hosts.some((host) => narrowerHost(entry.pattern, host) !== undefined),
        ),
      ),
  }
}

function egressHosts({ port, hosts = [] }: SidecarEgressListener, namespace: string): EgressHosts {
  const parsed = hosts.map((written) => {
    const slash = written.indexOf('/')
    const from = slash < 0 ? '*' : written.slice(0, slash)
    return { namespace: from === '.' ? namespace : from, pattern: written.slice(slash + 1).toLowerCase() }
  })
  return { port: port?.number || undefined, hosts: parsed }
}

/** `~` is no namespace at all. */
function isFrom(wanted: string, namespace: string): boolean {
  return wanted === '*' || wanted === namespace
}
