/** The VirtualServices that rules delegate to: whether they exist, can be delegated to, and are seen from there (IST0101). */
import { nearest } from '@heddle/base'
import type { VirtualService } from '../../gen/types.js'
import { isExported } from '../mesh/host-registry.js'
import type { Mesh } from '../mesh/mesh.js'
import { nameOf, type View } from '../mesh/view.js'
import { meant, type Report } from '../report.js'

export function analyzeDelegates(mesh: Mesh, report: Report): void {
  const all = mesh.of('VirtualService')
  const delegates = all.filter(({ resource }) => (resource.spec.hosts ?? []).length === 0)
  // Where the input has none, they lie elsewhere.
  if (delegates.length === 0 && !mesh.isComplete) return
  for (const view of all) {
    view.resource.spec.http?.forEach(({ delegate }, index) => {
      if (delegate === undefined || !delegate.name) return
      const wanted = { name: delegate.name, namespace: delegate.namespace || view.namespace }
      const isWanted = ({ name, namespace }: View<object>): boolean => name === wanted.name && namespace === wanted.namespace
      const path = ['spec', 'http', index, 'delegate', 'name'] as const
      const found = delegates.find(isWanted)
      if (found === undefined) {
        const named = all.find(isWanted)
        const what =
          named === undefined
            ? `There is no VirtualService "${wanted.name}" in the namespace ${wanted.namespace}`
            : `The VirtualService ${nameOf(wanted)} has hosts of its own, so that nothing can be delegated to it`
        const names = delegates.filter(({ namespace }) => namespace === wanted.namespace).map(({ name }) => name)
        const suggestion = named === undefined ? nearest(wanted.name, names) : undefined
        report('IST0101', view, path, `${what}: this rule is left out.`, meant(suggestion, path, 'Change the delegate to'))
      } else if (!isExported(exportedTo(found, mesh), found.namespace, view.namespace)) {
        const message = `The VirtualService ${nameOf(wanted)} is not exported to the namespace ${view.namespace}: this rule is left out.`
        const related = [{ view: found, path: ['spec', 'exportTo'], message: 'it is exported to these namespaces only' }]
        report('IST0101', view, path, message, { related })
      }
    })
  }
}

function exportedTo({ resource }: View<VirtualService>, { settings }: Mesh): readonly string[] {
  return resource.spec.exportTo ?? settings.virtualServiceExportTo
}
