/** Which PeerAuthentication holds for a workload: its own, its namespace's, the mesh's; the oldest (first) of several. */
import type { PeerAuthentication } from '../../gen/types.js'
import type { Mesh } from './mesh.js'
import { selects, type View } from './view.js'
import type { Workload } from './workloads.js'

export interface MutualTls {
  readonly mode: 'DISABLE' | 'PERMISSIVE' | 'STRICT'
  /** Undefined when no resource says so. */
  readonly view: View<PeerAuthentication> | undefined
}

/** @param port of the workload; its own setting comes before all others. */
export function mutualTlsMode({ namespace, labels }: Pick<Workload, 'namespace' | 'labels'>, mesh: Mesh, port?: number): MutualTls {
  const policies = mesh.of('PeerAuthentication')
  const isWide = (view: View<PeerAuthentication>): boolean => Object.keys(view.resource.spec?.selector?.matchLabels ?? {}).length === 0
  const own = policies.filter(
    (view) => view.namespace === namespace && !isWide(view) && selects(view.resource.spec?.selector?.matchLabels, labels),
  )
  const wide = [namespace, mesh.settings.rootNamespace].map((owner) => policies.find((view) => view.namespace === owner && isWide(view)))
  for (const view of own) {
    const mode = port === undefined ? undefined : view.resource.spec?.portLevelMtls?.[String(port)]?.mode
    if (mode !== undefined && mode !== 'UNSET') return { mode, view }
  }
  for (const view of [...own, ...wide]) {
    const mode = view?.resource.spec?.mtls?.mode
    if (mode !== undefined && mode !== 'UNSET') return { mode, view }
  }
  return { mode: 'PERMISSIVE', view: undefined }
}
