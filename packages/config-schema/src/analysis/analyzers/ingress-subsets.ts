/** Subsets chosen for sidecars only, while a gateway routes to the same host without them (IST0140). */
import { isMeshBound } from '../../rules/gateway-names.js'
import type { Mesh } from '../mesh/mesh.js'
import { nameOf } from '../mesh/view.js'
import type { Report } from '../report.js'
import { destinationsOf } from './route-destinations.js'

export function analyzeIngressSubsets(mesh: Mesh, report: Report): void {
  const services = mesh.of('VirtualService')
  const bound = services.filter(({ resource: { spec } }) => spec.gateways?.some((name) => name !== 'mesh') === true)
  for (const view of services) {
    const { gateways } = view.resource.spec
    if (!isMeshBound(gateways) || gateways?.some((name) => name !== 'mesh') === true) continue
    const said = new Set<string>()
    for (const { destination, path, isMirror } of destinationsOf(view.resource)) {
      if (!destination.subset || isMirror) continue
      const host = mesh.resolve(destination.host, view.namespace)
      const other = bound.find((candidate) => routesWhole(candidate, host, mesh))
      if (other === undefined || said.has(nameOf(other))) continue
      said.add(nameOf(other))
      const message = `This holds for sidecars only: ${nameOf(other)} routes requests from its gateway to ${destination.host} without a subset. Add the gateway here, or the subset there.`
      report('IST0140', view, [...path, 'subset'], message, {
        related: [{ view: other, path: ['spec', 'gateways'], message: 'the routes of the gateway' }],
      })
    }
  }
}

function routesWhole({ resource, namespace }: ReturnType<Mesh['of']>[number], host: string, mesh: Mesh): boolean {
  return destinationsOf(resource as Parameters<typeof destinationsOf>[0]).some(
    ({ destination, isMirror }) => !isMirror && !destination.subset && mesh.resolve(destination.host, namespace) === host,
  )
}
