/** One resource written twice: applied together, the later one replaces the earlier one (HED0011). */
import type { Mesh } from '../mesh/mesh.js'
import { nameOf, type View } from '../mesh/view.js'
import type { Report } from '../report.js'

export function analyzeRepeatedResources(mesh: Mesh, report: Report): void {
  const seen = new Map<string, View>()
  for (const view of mesh.views) {
    if (view.name === '') continue
    const key = `${view.group}/${view.kind}/${nameOf(view)}`
    const before = seen.get(key)
    if (before === undefined) seen.set(key, view)
    else
      report('HED0011', view, [], `The ${view.kind} ${nameOf(view)} is written twice; applied together, this one replaces the other.`, {
        related: [{ view: before, path: [], message: 'it stands here first' }],
      })
  }
}
