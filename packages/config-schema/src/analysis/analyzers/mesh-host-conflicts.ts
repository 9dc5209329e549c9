/** Two VirtualServices for the same host in the sidecars of one namespace: which of them holds is undefined (IST0109). */
import type { VirtualService } from '../../gen/types.js'
import { isMeshBound } from '../../rules/gateway-names.js'
import { hostsOverlap } from '../../rules/hosts.js'
import { isExported } from '../mesh/host-registry.js'
import type { Mesh } from '../mesh/mesh.js'
import { isSameResource, nameOf, type View } from '../mesh/view.js'
import type { Report } from '../report.js'

interface Claim {
  readonly view: View<VirtualService>
  readonly index: number
}

export function analyzeMeshHostConflicts(mesh: Mesh, report: Report): void {
  const claims = new Map<string, Claim[]>()
  for (const view of mesh.of('VirtualService')) {
    const { hosts = [], gateways } = view.resource.spec
    if (!isMeshBound(gateways)) continue
    hosts.forEach((host, index) => {
      const name = mesh.resolve(host, view.namespace)
      claims.set(name, [...(claims.get(name) ?? []), { view, index }])
    })
  }
  const wild = [...claims.keys()].filter((host) => host.startsWith('*'))
  for (const [host, all] of claims) {
    // As in Istio, wildcards that overlap compete; a plain host is more specific than any of them.
    const rivals = host.startsWith('*')
      ? wild.filter((other) => hostsOverlap(host, other)).flatMap((other) => claims.get(other) ?? [])
      : all
    for (const { view, index } of all) {
      const others = rivals.filter((other) => !isSameResource(other.view, view) && meet(view, other.view, host, mesh))
      if (others.length === 0) continue
      const names = others.map((other) => nameOf(other.view)).join(', ')
      const message = `${others.length === 1 ? 'The VirtualService' : 'The VirtualServices'} ${names} also ${others.length === 1 ? 'defines' : 'define'} the host ${host} for sidecars; only one of them takes effect. Merge them into one.`
      report('IST0109', view, ['spec', 'hosts', index], message, {
        related: others.map((other) => ({
          view: other.view,
          path: ['spec', 'hosts', other.index],
          message: `${nameOf(other.view)} defines it here`,
        })),
      })
    }
  }
}

/** A namespace nobody named: it sees what is exported to all. */
const anyNamespace = ''

/** Whether the sidecars of some namespace take both. */
function meet(a: View<VirtualService>, b: View<VirtualService>, host: string, mesh: Mesh): boolean {
  return [...mesh.namespaces, anyNamespace].some((viewer) => [a, b].every((view) => isSeen(view, viewer, host, mesh)))
}

function isSeen({ namespace, resource }: View<VirtualService>, viewer: string, host: string, { settings, scopes }: Mesh): boolean {
  return isExported(resource.spec.exportTo ?? settings.virtualServiceExportTo, namespace, viewer) && scopes.imports(viewer, namespace, host)
}
