/** Patches of EnvoyFilters that do nothing, or only as long as others stay as they are (IST0151 to IST0155). */
import type { EnvoyConfigObjectPatch } from '../../gen/types.js'
import type { Mesh } from '../mesh/mesh.js'
import type { View } from '../mesh/view.js'
import type { Report } from '../report.js'

const replaceable = new Set(['HTTP_FILTER', 'NETWORK_FILTER'])
const fixedParts = new Set(['ROUTE_CONFIGURATION', 'HTTP_ROUTE'])

export function analyzeEnvoyFilters(mesh: Mesh, report: Report): void {
  /** What patches for one version of the proxy are about, so far. */
  const versioned = new Set<string>()
  for (const view of mesh.of('EnvoyFilter')) {
    const { configPatches = [], priority = 0 } = view.resource.spec ?? {}
    configPatches.forEach((patch, index) => {
      checkOperation(view, patch, ['spec', 'configPatches', index, 'patch', 'operation'], report)
      if (priority === 0) checkRelative(view, patch, ['spec', 'configPatches', index], versioned, report)
      if (patch.match?.proxy?.proxyVersion) versioned.add(subjectOf(patch))
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
  configPatch: EnvoyConfigObjectPatch,
  path: readonly (string | number)[],
  versioned: ReadonlySet<string>,
  report: Report,
): void {
  if (!isRelative(configPatch)) return
  const operation = configPatch.patch?.operation
  if (versioned.has(subjectOf(configPatch))) {
    const message = `${operation} without a priority, and an earlier patch of the same part is for one version of the proxy: during an upgrade this one may be lost. Set spec.priority.`
    report('IST0155', view, [...path, 'patch', 'operation'], message)
  } else {
    const message = `${operation} counts on what other patches have done by then, and there is no priority. Set spec.priority, or use INSERT_FIRST or ADD.`
    report('IST0151', view, [...path, 'patch', 'operation'], message)
  }
}

/** Operations that need something to be there already. */
function isRelative({ applyTo = 'INVALID', patch }: EnvoyConfigObjectPatch): boolean {
  const operation = patch?.operation ?? 'INVALID'
  if (operation === 'REMOVE') return !fixedParts.has(applyTo)
  return operation === 'REPLACE' ? replaceable.has(applyTo) : operation === 'INSERT_BEFORE' || operation === 'INSERT_AFTER'
}

/** The name that a patch gives to what it writes, else the name of the filter it looks for. */
function subjectOf({ match, patch }: EnvoyConfigObjectPatch): string {
  const { name } = (patch?.value ?? {}) as { readonly name?: unknown }
  return typeof name === 'string' ? name : (match?.listener?.filterChain?.filter?.name ?? '')
}
