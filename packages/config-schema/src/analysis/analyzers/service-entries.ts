/** ServiceEntries that contradict each other or need addresses (IST0134, IST0177). */
import type { ServiceEntry } from '../../gen/types.js'
import { isExported } from '../mesh/host-registry.js'
import type { Mesh } from '../mesh/mesh.js'
import { isSameResource, nameOf, type View } from '../mesh/view.js'
import type { Report } from '../report.js'

export function analyzeServiceEntries(mesh: Mesh, report: Report): void {
  const entries = mesh.of('ServiceEntry')
  for (const view of entries) checkAddresses(view, mesh, report)
  checkProtocols(mesh, report)
}

function checkAddresses(view: View<ServiceEntry>, { settings }: Mesh, report: Report): void {
  const { addresses = [], ports = [] } = view.resource.spec ?? { hosts: [] }
  if (addresses.length > 0 || settings.allocatesAddresses || hasAllocated(view.resource.status)) return
  const index = ports.findIndex(({ protocol = '' }) => protocol === '' || protocol.toUpperCase() === 'TCP')
  if (index < 0) return
  const message = `Traffic of port ${ports[index]?.number} is told apart by address only, and this ServiceEntry has no addresses: it takes every connection to that port unless addresses are allocated automatically.`
  report('IST0134', view, ['spec', 'ports', index], message)
}

/** Addresses that istiod gave it, as its status tells. */
function hasAllocated(status: unknown): boolean {
  const { addresses } = (status ?? {}) as { readonly addresses?: unknown }
  return Array.isArray(addresses) && addresses.length > 0
}

interface EntryPort {
  readonly view: View<ServiceEntry>
  readonly protocol: string
  readonly path: readonly (string | number)[]
}

function checkProtocols(mesh: Mesh, report: Report): void {
  const ports = new Map<string, EntryPort[]>()
  for (const view of mesh.of('ServiceEntry')) {
    const { hosts, ports: own = [] } = view.resource.spec ?? { hosts: [] }
    for (const host of hosts)
      own.forEach(({ number, protocol = 'TCP' }, index) => {
        const key = `${mesh.resolve(host, view.namespace)}:${number}`
        ports.set(key, [...(ports.get(key) ?? []), { view, protocol: protocol.toUpperCase(), path: ['spec', 'ports', index, 'protocol'] }])
      })
  }
  for (const [key, all] of ports)
    for (const port of all) {
      const others = all.filter(
        (other) => !isSameResource(other.view, port.view) && other.protocol !== port.protocol && meet(port.view, other.view, mesh),
      )
      const [other] = others
      if (other === undefined) continue
      const message = `The ServiceEntry ${nameOf(other.view)} says that ${key} speaks ${other.protocol}, and this one says ${port.protocol}.`
      report('IST0177', port.view, port.path, message, { related: [{ view: other.view, path: other.path, message: 'the other protocol' }] })
    }
}

function meet(a: View<ServiceEntry>, b: View<ServiceEntry>, { namespaces, settings }: Mesh): boolean {
  const sees = (viewer: string, { namespace, resource }: View<ServiceEntry>): boolean =>
    isExported(resource.spec?.exportTo ?? settings.serviceExportTo, namespace, viewer)
  return [...namespaces, ''].some((viewer) => sees(viewer, a) && sees(viewer, b))
}
