/** Policies that are written for sidecars where there are none: gateways of the Gateway API and ambient namespaces (IST0166, IST0167). */
import type { Sidecar } from '../../gen/types.js'
import { injectionLabels } from '../mesh/injection.js'
import type { Mesh } from '../mesh/mesh.js'
import type { View } from '../mesh/view.js'
import type { Report } from '../report.js'

const gatewayLabel = 'gateway.networking.k8s.io/gateway-name'
const waypointLabel = 'istio.io/use-waypoint'

const policyKinds = ['AuthorizationPolicy', 'RequestAuthentication', 'Telemetry', 'WasmPlugin'] as const

interface PolicySpec {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  readonly targetRef?: object
  readonly targetRefs?: readonly object[]
}

export function analyzeAmbientPolicies(mesh: Mesh, report: Report): void {
  for (const view of mesh.of('Sidecar')) checkSidecar(view, mesh, report)
  for (const kind of policyKinds)
    for (const view of mesh.of(kind)) {
      const spec = view.resource.spec as PolicySpec | undefined
      if (spec?.targetRef !== undefined || (spec?.targetRefs ?? []).length > 0) continue
      const gateway = selectedGateway(view, spec?.selector?.matchLabels ?? {}, mesh)
      if (gateway !== undefined) reportSelector(view, gateway, report)
      else if (kind !== 'AuthorizationPolicy' && kind !== 'Telemetry') checkAmbient(view, mesh, report)
    }
}

/** A Sidecar says how a sidecar is set up, and ambient Pods have none. */
function checkSidecar(view: View<Sidecar>, mesh: Mesh, report: Report): void {
  const labels = view.resource.spec?.workloadSelector?.labels ?? {}
  const selected = Object.keys(labels).length === 0 ? [] : mesh.selected(labels, view.namespace)
  const isInAmbient = isAmbientNamespace(mesh.of('Namespace').find(({ name }) => name === view.namespace))
  const pod = selected.find(({ annotations }) => annotations['ambient.istio.io/redirection'] === 'enabled')
  if (pod === undefined && !isInAmbient) return
  const why = pod === undefined ? `the namespace ${view.namespace} is ambient` : `the ${pod.view.kind} ${pod.view.name} is ambient`
  report('IST0167', view, [], `The Sidecar has no effect, for ${why} and has no sidecars.`)
}

/** Sidecars go before: a namespace that asks for both has them. */
function isAmbientNamespace(namespace: View | undefined): boolean {
  const { dataplane, injection, revision } = injectionLabels
  const labels = namespace?.labels ?? {}
  return labels[dataplane] === 'ambient' && labels[injection] !== 'enabled' && !labels[revision]
}

/** Name of the Gateway whose Pods the labels are meant to select. */
function selectedGateway(view: View<object>, labels: Readonly<Record<string, string>>, mesh: Mesh): string | undefined {
  if (Object.keys(labels).length === 0) return undefined
  const workload = mesh.selected(labels, view.namespace).find((candidate) => candidate.labels[gatewayLabel] !== undefined)
  return workload?.labels[gatewayLabel] ?? labels[gatewayLabel]
}

function reportSelector(view: View<object>, name: string, report: Report): void {
  const message = `Gateways of the Gateway API are not selected by labels; attach the ${view.kind} with targetRefs to the Gateway "${name}".`
  const targetRefs = [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name }]
  const changes = [{ path: ['spec', 'selector'] }, { path: ['spec', 'targetRefs'], value: targetRefs }]
  report('IST0166', view, ['spec', 'selector', 'matchLabels'], message, { fix: { title: `Attach it to the Gateway "${name}"`, changes } })
}

/** Without a waypoint nothing in an ambient namespace reads HTTP. */
function checkAmbient(view: View<object>, mesh: Mesh, report: Report): void {
  const namespace = mesh.of('Namespace').find(({ name }) => name === view.namespace)
  if (namespace?.labels[injectionLabels.dataplane] !== 'ambient') return
  const hasWaypoint = namespace.labels[waypointLabel] !== undefined && namespace.labels[waypointLabel] !== 'none'
  const why = hasWaypoint ? 'attach it to the waypoint with targetRefs' : 'nothing there reads HTTP without a waypoint'
  report('IST0167', view, [], `The namespace ${view.namespace} is ambient, and this ${view.kind} has no effect there: ${why}.`, {
    related: [{ view: namespace, path: ['metadata', 'labels'], message: 'the namespace' }],
  })
}
