/** Sidecars that are missing, contradicting labels, and Pods that count on an injector (IST0102, IST0103, IST0123, IST0144, IST0146 to IST0148). */
import type { Namespace } from '../../gen/types.js'
import { hasProxy, injectionLabels, isInjected, namespaceInjection, ownInjection } from '../mesh/injection.js'
import { isSystemNamespace, type Mesh } from '../mesh/mesh.js'
import type { View } from '../mesh/view.js'
import type { Workload } from '../mesh/workloads.js'
import type { Report } from '../report.js'

export function analyzeInjection(mesh: Mesh, report: Report): void {
  for (const view of mesh.of('Namespace')) if (!isSystemNamespace(view.name, mesh)) checkNamespace(view, mesh, report)
  for (const workload of mesh.workloads) {
    if (workload.pod === undefined) continue
    if (workload.view.kind === 'Pod' && !isSystemNamespace(workload.namespace, mesh)) checkPod(workload, mesh, report)
    checkAutomaticImage(workload, mesh, report)
    checkUser(workload, report)
  }
}

function checkNamespace(view: View<Namespace>, { settings }: Mesh, report: Report): void {
  const { injection, revision, dataplane } = injectionLabels
  const isAmbient = view.labels[dataplane] === 'ambient'
  const isInjecting = view.labels[injection] === 'enabled'
  const hasRevision = view.labels[revision] !== undefined && view.labels[revision] !== ''
  const said = [
    ...(view.labels[injection] === undefined ? [] : [injection]),
    ...(hasRevision ? [revision] : []),
    ...(isAmbient ? [dataplane] : []),
  ]
  // Whatever else it says, a namespace that is labelled disabled gets no sidecars.
  if (said.length > 1 && (isInjecting || view.labels[injection] === undefined)) {
    const message = `The labels ${said.join(' and ')} say different things about this namespace; leave only one of them.`
    report('IST0123', view, ['metadata', 'labels', said[0] ?? injection], message, { part: 'key' })
    return
  }
  if (said.length > 0) return
  if (settings.isInjectionDefault)
    report('IST0148', view, [], 'Pods of this namespace get a sidecar, for the mesh is installed with enableNamespacesByDefault.')
  else {
    const changes = [{ path: ['metadata', 'labels', injection], value: 'enabled' }]
    const message = `Pods of the namespace ${view.name} get no sidecar of themselves. Label it istio-injection: enabled (or disabled, when none is wanted); where no injector runs, as on the local platform, put sidecars in with heddle kube-inject.`
    report('IST0102', view, [], message, { fix: { title: 'Label the namespace istio-injection: enabled', changes } })
  }
}

function checkPod(workload: Workload, mesh: Mesh, report: Report): void {
  const isWanted = ownInjection(workload) ?? namespaceInjection(workload.namespace, mesh) === true
  if (!isWanted || hasProxy(workload) || workload.pod?.hostNetwork === true) return
  // A manifest gets its sidecar when it is applied; only a Pod that runs without one lacks it.
  if (
    workload.view.resource.status === undefined &&
    !mesh.isComplete &&
    mesh.of('Namespace').every(({ name }) => name !== workload.namespace)
  )
    return
  const message = `The Pod ${workload.view.name} has no sidecar although its namespace asks for one; create it anew, for sidecars are added to new Pods only.`
  report('IST0103', workload.view, [], message)
}

function checkAutomaticImage(workload: Workload, mesh: Mesh, report: Report): void {
  const { view, pod, podPath } = workload
  const index = pod?.containers.findIndex(({ name, image }) => name === 'istio-proxy' && image === 'auto') ?? -1
  if (index < 0) return
  const isTaken = ownInjection(workload) ?? namespaceInjection(workload.namespace, mesh)
  // Of Namespaces that are not there, the labels are known only where the input has all of them.
  const isUnknown = isTaken === undefined && !mesh.isComplete && mesh.of('Namespace').length === 0
  if (isTaken === true || (isUnknown && isInjected(workload, mesh))) return
  const message = `The image "auto" is replaced by the sidecar injector, which does not take this ${view.kind}: label it sidecar.istio.io/inject: "true".`
  const changes = [{ path: [...podPath, 'metadata', 'labels', 'sidecar.istio.io/inject'], value: 'true' }]
  const fix = { title: 'Label the Pods sidecar.istio.io/inject: "true"', changes }
  report(view.kind === 'Pod' ? 'IST0147' : 'IST0146', view, [...podPath, 'spec', 'containers', index, 'image'], message, { fix })
}

/** What the sidecar itself runs as; its traffic is not captured. */
const proxyUser = 1337

function checkUser({ view, pod, podPath }: Workload, report: Report): void {
  const message = 'User 1337 is the sidecar itself: what runs as it goes past the mesh. Choose another user.'
  if (pod?.securityContext?.runAsUser === proxyUser) report('IST0144', view, [...podPath, 'spec', 'securityContext', 'runAsUser'], message)
  pod?.containers.forEach(({ name, securityContext }, index) => {
    if (name !== 'istio-proxy' && securityContext?.runAsUser === proxyUser)
      report('IST0144', view, [...podPath, 'spec', 'containers', index, 'securityContext', 'runAsUser'], message)
  })
}
