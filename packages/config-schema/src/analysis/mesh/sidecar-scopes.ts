/** Which hosts the workloads of a namespace import by the Sidecar that holds for all of them (Istio's Sidecar scope). */
import type { ResourceByKind } from '../../resource.js'
import { hostsOverlap } from '../../rules/hosts.js'
import type { View } from './view.js'

export interface SidecarScopes {
  /** Whether workloads of `viewer` that no Sidecar selects by labels import `host` of `owner`. Without a Sidecar they import everything. */
  imports(viewer: string, owner: string, host: string): boolean
}

export function createSidecarScopes(sidecars: readonly View<ResourceByKind['Sidecar']>[], rootNamespace: string): SidecarScopes {
  const defaults = new Map<string, View<ResourceByKind['Sidecar']>>()
  for (const view of sidecars) {
    if (Object.keys(view.resource.spec?.workloadSelector?.labels ?? {}).length > 0 || defaults.has(view.namespace)) continue
    defaults.set(view.namespace, view)
  }
  return {
    imports: (viewer, owner, host) => {
      const hosts = (defaults.get(viewer) ?? defaults.get(rootNamespace))?.resource.spec?.egress?.flatMap((listener) => listener.hosts)
      if (hosts === undefined) return true
      return hosts.some((entry) => {
        const [namespace = '', name = ''] = entry.split('/')
        const isMeant = namespace === '*' || (namespace === '.' ? owner === viewer : namespace === owner)
        return isMeant && hostsOverlap(name, host)
      })
    },
  }
}
