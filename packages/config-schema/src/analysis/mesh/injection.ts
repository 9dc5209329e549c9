/** Whether the sidecar injector takes a Pod: the Pod's own word comes first, then the namespace's labels. */
import { isSystemNamespace, type Mesh } from './mesh.js'
import type { Workload } from './workloads.js'

/** Labels of a namespace that say something about the mesh, by what they say. */
export const injectionLabels = { injection: 'istio-injection', revision: 'istio.io/rev', dataplane: 'istio.io/dataplane-mode' } as const

const injectKey = 'sidecar.istio.io/inject'
const proxyContainer = 'istio-proxy'

/** The Pod has a sidecar written into it already. */
export function hasProxy({ pod }: Workload): boolean {
  return [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].some(({ name, image }) => name === proxyContainer && image !== 'auto')
}

/** What the Pod says of itself, if anything. */
export function ownInjection({ labels, annotations }: Workload): boolean | undefined {
  const said = labels[injectKey] ?? annotations[injectKey]
  if (said === 'true' || said === 'false') return said === 'true'
  return labels[injectionLabels.revision] === undefined ? undefined : true
}

/** What the namespace says, if its resource is known. */
export function namespaceInjection(namespace: string, mesh: Mesh): boolean | undefined {
  const view = mesh.of('Namespace').find(({ name }) => name === namespace)
  if (view === undefined) return undefined
  const said = view.labels[injectionLabels.injection]
  if (said !== undefined) return said === 'enabled'
  if (view.labels[injectionLabels.revision] !== undefined) return true
  return mesh.settings.isInjectionDefault ? !isSystemNamespace(namespace, mesh) : undefined
}

/** Whether a Pod made from it has, or would get, a sidecar. */
export function isInjected(workload: Workload, mesh: Mesh): boolean {
  if (workload.pod === undefined) return true
  if (hasProxy(workload)) return true
  if (workload.pod.hostNetwork === true) return false
  return (
    ownInjection(workload) ??
    namespaceInjection(workload.namespace, mesh) ??
    !mesh.of('Namespace').some(({ name }) => name === workload.namespace)
  )
}
