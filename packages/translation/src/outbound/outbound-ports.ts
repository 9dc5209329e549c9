/**
 * Which listeners a sidecar needs for outgoing traffic: one per HTTP port for everybody, one per address for the rest, and one
 * per port for what has no address of its own or a block of them, which is told by server name or destination.
 */
import { captured } from '../route/virtual-host-domains.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { isHttp, isTls } from '../snapshot/port-protocol.js'
import type { MeshPort, MeshService } from '../snapshot/mesh-service.js'

export interface AddressedPort {
  readonly service: MeshService
  readonly port: MeshPort
  /** A virtual address, or a Pod's for headless services. */
  readonly address: string
}

export interface SharedTarget extends Omit<AddressedPort, 'address'> {
  /** The block of addresses that is meant; absent: any address. */
  readonly block?: string
}

/** What listens on every address of a port, beside its HTTP services if there are any. */
export interface SharedPort {
  readonly number: number
  /** In the order of hosts. */
  readonly targets: readonly SharedTarget[]
}

export interface OutboundPorts {
  /** Ports on which some service speaks HTTP by declaration, ascending. */
  readonly http: readonly number[]
  readonly addressed: readonly AddressedPort[]
  readonly shared: readonly SharedPort[]
}

export function outboundPorts(view: ProxyView): OutboundPorts {
  const http = new Set<number>()
  const addressed = new Map<string, AddressedPort>()
  const shared = new Map<number, SharedTarget[]>()
  for (const service of view.services) {
    for (const port of service.ports) {
      if (!view.reaches(service, port.number)) continue
      if (isHttp(port.protocol)) {
        http.add(port.number)
        continue
      }
      const { addresses, targets } = placesOf(view, service, port)
      for (const target of targets) share(view, shared, target)
      for (const address of addresses) {
        const key = `${address}_${port.number}`
        const taken = addressed.get(key)
        if (taken === undefined) addressed.set(key, { service, port, address })
        else reportConflict(view, `${address}:${port.number}`, taken.service, service)
      }
    }
  }
  return {
    http: [...http].toSorted((left, right) => left - right),
    addressed: [...addressed.values()],
    shared: [...shared].map(([number, targets]) => ({ number, targets })),
  }
}

function placesOf(
  view: ProxyView,
  service: MeshService,
  port: MeshPort,
): { readonly addresses: readonly string[]; readonly targets: readonly SharedTarget[] } {
  const addresses = addressesOf(view, service, port)
  // A headless service without Pods is nowhere.
  if (addresses.length === 0)
    return { addresses, targets: service.headless || service.registry === 'Kubernetes' ? [] : [{ service, port }] }
  return {
    addresses: addresses.filter((address) => !address.includes('/')),
    targets: addresses.filter((address) => address.includes('/')).map((block) => ({ service, port, block })),
  }
}

/** Without a name or a destination to tell them apart, one has the port. */
function share(view: ProxyView, shared: Map<number, SharedTarget[]>, target: SharedTarget): void {
  const { port, service } = target
  const targets = shared.get(port.number) ?? []
  const taken = isTold(target) ? undefined : targets.find((other) => !isTold(other))
  if (taken === undefined) shared.set(port.number, [...targets, target])
  else if (port.protocol !== 'auto') reportConflict(view, `port ${port.number}`, taken.service, service)
}

function isTold({ port, block }: SharedTarget): boolean {
  return block !== undefined || isTls(port.protocol)
}

/** The proxy's own address is left out: an app that calls itself does not pass through here. */
function addressesOf(view: ProxyView, service: MeshService, port: MeshPort): readonly string[] {
  if (!service.headless) return captured(view, service)
  const pods = view.snapshot.endpointsOf(service, port).map((endpoint) => endpoint.address)
  return pods.filter((address) => !view.node.addresses.includes(address))
}

function reportConflict(view: ProxyView, place: string, { host }: MeshService, { resource }: MeshService): void {
  view.issues.add({
    code: 'port-conflict',
    severity: 'warning',
    resource,
    path: 'spec.ports',
    message: `${place} already belongs to ${host}: this service is not reached there`,
  })
}
