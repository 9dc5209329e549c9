/** Gateways that route to a whole host of which sidecars choose a subset (IST0140). */
import { isMeshBound } from '../../rules/gateway-names.js'
import type { VirtualService } from '../../gen/types.js'
import type { Mesh } from '../mesh/mesh.js'
import { nameOf, type View } from '../mesh/view.js'
import type { Report } from '../report.js'
import { destinationsOf } from './route-destinations.js'

export function analyzeIngressSubsets(mesh: Mesh, report: Report): void {
  const services = mesh.of('VirtualService')
  const inner = services.filter(({ resource: { spec } }) => isMeshBound(spec.gateways) && !isGatewayBound(spec.gateways))
  for (const view of services) {
    if (!isGatewayBound(view.resource.spec.gateways)) continue
    for (const { destination, path, isMirror } of destinationsOf(view.resource)) {
      if (destination.subset || isMirror) continue
      const host = mesh.resolve(destination.host, view.namespace)
      const other = inner.find((candidate) => choosesSubset(candidate, host, mesh))
      if (other === undefined) continue
      const message = `Requests from the gateway get to every endpoint of ${destination.host}: the subset that ${nameOf(other)} chooses holds between sidecars only. Add the subset here, or the gateway there.`
      report('IST0140', view, [...path, 'host'], message, {
        related: [{ view: other, path: ['spec', 'http'], message: 'the routes of sidecars' }],
      })
    }
  }
}

function isGatewayBound(gateways: readonly string[] = []): boolean {
  return gateways.some((name) => name !== 'mesh')
}

/** A VirtualService of that very host, which sends some of it to a subset. */
function choosesSubset({ resource, namespace }: View<VirtualService>, host: string, mesh: Mesh): boolean {
  const isHost = (name: string): boolean => mesh.resolve(name, namespace) === host
  return (
    resource.spec.hosts?.some(isHost) === true &&
    destinationsOf(resource).some(({ destination, isMirror }) => !isMirror && Boolean(destination.subset) && isHost(destination.host))
  )
}
