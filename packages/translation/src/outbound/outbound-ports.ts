/** Which listeners a sidecar needs for outgoing traffic: one per HTTP port for everybody, one per address for the rest. */
import type { ProxyView } from '../proxy/proxy-view.js'
import { isHttp } from '../snapshot/port-protocol.js'
import type { MeshPort, MeshService } from '../snapshot/mesh-service.js'

export interface AddressedPort {
  readonly service: MeshService
  readonly port: MeshPort
  /** A virtual address, or a Pod's for headless services. */
  readonly address: string
}

export interface OutboundPorts {
  /** Ports on which some service speaks HTTP by declaration, ascending. */
  readonly http: readonly number[]
  readonly addressed: readonly AddressedPort[]
}

export function outboundPorts(view: ProxyView): OutboundPorts {
  const http = new Set<number>()
  const addressed = new Map<string, AddressedPort>()
  for (const service of view.services) {
    for (const port of service.ports) {
      if (isHttp(port.protocol)) {
        http.add(port.number)
        continue
      }
      for (const address of addressesOf(view, service, port)) {
        const key = `${address}_${port.number}`
        const taken = addressed.get(key)
        if (taken === undefined) addressed.set(key, { service, port, address })
        else reportConflict(view, taken, service, port)
      }
    }
  }
  return { http: [...http].toSorted((left, right) => left - right), addressed: [...addressed.values()] }
}

/** The proxy's own address is left out: an app that calls itself does not pass through here. */
function addressesOf(view: ProxyView, service: MeshService, port: MeshPort): readonly string[] {
  if (!service.headless) return service.addresses
  const pods = view.snapshot.endpointsOf(service, port).map((endpoint) => endpoint.address)
  return pods.filter((address) => !view.node.addresses.includes(address))
}

function reportConflict(view: ProxyView, taken: AddressedPort, service: MeshService, port: MeshPort): void {
  view.issues.add({
    code: 'port-conflict',
    severity: 'warning',
    resource: { kind: 'Service', namespace: service.namespace, name: service.name },
    path: 'spec.ports',
    message: `${taken.address}:${port.number} already belongs to ${taken.service.host}: this service is not reached there`,
  })
}
