/**
 * The ports on which a workload is called through its Services. The number is the Service's targetPort in the Pod, never the
 * EndpointSlice's: where a platform binds another port, that is its bind plan's matter.
 */
import type { ProxyView } from '../proxy/proxy-view.js'
import { numberInPod, type MeshPort, type MeshService } from '../snapshot/mesh-service.js'
import { isSubset } from '../snapshot/workload.js'

export interface InboundPort {
  readonly targetPort: number
  /** The oldest Service that leads here, which decides on protocol and names. */
  readonly service: MeshService
  readonly port: MeshPort
  /** All Services that lead here, the oldest first. */
  readonly services: readonly MeshService[]
}

/** Ascending. */
export function inboundPorts(view: ProxyView): readonly InboundPort[] {
  const ports = new Map<number, InboundPort>()
  for (const service of selectingServices(view)) {
    for (const port of service.ports) {
      const targetPort = numberInPod(view.pod, port)
      if (targetPort === undefined) {
        reportUnknownPort(view, service, port)
        continue
      }
      const known = ports.get(targetPort)
      if (known === undefined) ports.set(targetPort, { targetPort, service, port, services: [service] })
      else ports.set(targetPort, { ...known, services: known.services.includes(service) ? known.services : [...known.services, service] })
    }
  }
  return [...ports.values()].toSorted((left, right) => left.targetPort - right.targetPort)
}

/** Services of the workload's namespace that select it, oldest first. */
export function selectingServices(view: ProxyView): readonly MeshService[] {
  return (view.snapshot.servicesByNamespace.get(view.namespace) ?? []).filter(
    (service) => service.selector !== undefined && Object.keys(service.selector).length > 0 && isSubset(service.selector, view.labels),
  )
}

function reportUnknownPort(view: ProxyView, service: MeshService, port: MeshPort): void {
  view.issues.add({
    code: 'unknown-port',
    severity: 'warning',
    resource: { kind: 'Service', namespace: service.namespace, name: service.name },
    path: 'spec.ports',
    message: `no container of the Pod has a ${port.transport} port named "${port.targetPort}"`,
  })
}
