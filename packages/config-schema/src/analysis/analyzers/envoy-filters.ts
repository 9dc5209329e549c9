/** Patches of EnvoyFilters that do nothing, or only as long as others stay as they are (IST0151 to IST0155). */
import type { EnvoyConfigObjectPatch } from '../../gen/types.js'
import type { Mesh } from '../mesh/mesh.js'
import type { View } from '../mesh/view.js'
import type { Report } from '../report.js'

const relativeOperations = new Set(['INSERT_BEFORE', 'INSERT_AFTER', 'REPLACE', 'MERGE', 'REMOVE'])
const replaceable = new Set(['HTTP_FILTER', 'NETWORK_FILTER'])
const fixedParts = new Set(['ROUTE_CONFIGURATION', 'HTTP_ROUTE'])

export function analyzeEnvoyFilters(mesh: Mesh, report: Report): void {
  for (const view of mesh.of('EnvoyFilter')) {
    const { configPatches = [], priority = 0 } = view.resource.spec ?? {}
    configPatches.forEach((patch, index) => {
      checkOperation(view, patch, ['spec', 'configPatches', index, 'patch', 'operation'], report)
      if (priority === 0) checkRelative(view, patch, ['spec', 'configPatches', index], report)
    })
  }
}

function checkOperation(
  view: View<object>,
  { applyTo = 'INVALID', patch }: EnvoyConfigObjectPatch,
  path: readonly (string | number)[],
  report: Report,
): void {
  const operation = patch?.operation
  if (operation === 'REPLACE' && !replaceable.has(applyTo)) {
    const message = `REPLACE is for HTTP_FILTER and NETWORK_FILTER only, so this patch of ${applyTo} is ignored.`
    report('IST0152', view, path, message, { suggestion: 'MERGE' })
  }
  if (operation === 'ADD' && fixedParts.has(applyTo))
    report('IST0153', view, path, `ADD does nothing to ${applyTo}, so this patch is ignored.`)
  if (operation === 'REMOVE' && fixedParts.has(applyTo))
    report('IST0154', view, path, `REMOVE does nothing to ${applyTo}, so this patch is ignored.`)
}

function checkRelative(
  view: View<object>,
  { match, patch }: EnvoyConfigObjectPatch,
  path: readonly (string | number)[],
  report: Report,
): void {
  const operation = patch?.operation ?? ''
  if (!relativeOperations.has(operation)) return
  if (match?.proxy?.proxyVersion) {
    const message = `${operation} for one version of the proxy and without a priority: during an upgrade the patch may be lost. Set spec.priority.`
    report('IST0155', view, [...path, 'match', 'proxy', 'proxyVersion'], message)
  } else if (operation.startsWith('INSERT')) {
    const message = `${operation} counts on what other patches have done by then, and there is no priority. Set spec.priority, or use INSERT_FIRST or ADD.`
    report('IST0151', view, [...path, 'patch', 'operation'], message)
  }
}
