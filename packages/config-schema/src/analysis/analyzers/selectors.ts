/** Sidecars and Telemetries that compete for workloads or select none, and other selectors that match nothing (IST0101, IST0110, IST0111, IST0157, IST0159, IST0160, HED0008, HED0009). */
import type { Telemetry } from '../../gen/types.js'
import type { FieldPath } from '../../path.js'
import { hostsOverlap } from '../../rules/hosts.js'
import type { Code } from '../codes.js'
import type { Mesh } from '../mesh/mesh.js'
import { isSameResource, labelText, nameOf, selects, type View } from '../mesh/view.js'
import type { Report } from '../report.js'
import { isAssumed } from './destinations.js'

type Labels = Readonly<Record<string, string>>

interface Selecting {
  readonly view: View<object>
  readonly labels: Labels
  readonly path: FieldPath
}

export function analyzeSelectors(mesh: Mesh, report: Report): void {
  const sidecars = mesh.of('Sidecar').map((view): Selecting => ({
    view,
    labels: view.resource.spec?.workloadSelector?.labels ?? {},
    path: ['spec', 'workloadSelector', 'labels'],
  }))
  checkCompetition(sidecars, 'IST0110', 'IST0111', mesh, report)
  const telemetries = mesh
    .of('Telemetry')
    .filter(({ resource }) => (resource.spec?.targetRefs ?? []).length === 0 && resource.spec?.targetRef === undefined)
  checkCompetition(telemetries.map(selectingTelemetry), 'IST0159', 'IST0160', mesh, report)
  for (const view of mesh.of('Telemetry')) checkProviders(view, mesh, report)
  checkSidecarHosts(mesh, report)
  checkOthers(mesh, report)
}

function selectingTelemetry(view: View<Telemetry>): Selecting {
  return { view, labels: view.resource.spec?.selector?.matchLabels ?? {}, path: ['spec', 'selector', 'matchLabels'] }
}

function checkCompetition(all: readonly Selecting[], conflict: Code, repeated: Code, mesh: Mesh, report: Report): void {
  for (const { view, labels, path } of all) {
    const rivals = all.filter((other) => !isSameResource(other.view, view) && other.view.namespace === view.namespace)
    const related = (
      others: readonly Selecting[],
    ): { readonly related: { readonly view: View<object>; readonly path: FieldPath; readonly message: string }[] } => ({
      related: others.map((other) => ({ view: other.view, path: [], message: 'the other one' })),
    })
    if (Object.keys(labels).length === 0) {
      const others = rivals.filter((other) => Object.keys(other.labels).length === 0)
      if (others.length > 0) {
        const message = `The ${view.kind} ${others.map((other) => nameOf(other.view)).join(', ')} also ${others.length === 1 ? 'holds' : 'hold'} for the whole namespace; only one ${view.kind} takes effect.`
        report(repeated, view, [], message, related(others))
      }
      continue
    }
    const selected = mesh.selected(labels, view.namespace)
    const [first] = selected
    if (first === undefined) {
      if (mesh.workloads.length > 0 || mesh.isComplete)
        report('IST0101', view, path, `No workload in the namespace ${view.namespace} has the labels ${labelText(labels)}.`)
      continue
    }
    const others = rivals.filter(
      (other) => Object.keys(other.labels).length > 0 && selected.some((workload) => selects(other.labels, workload.labels)),
    )
    if (others.length === 0) continue
    const workload = selected.find((candidate) => others.some((other) => selects(other.labels, candidate.labels))) ?? first
    const message = `The ${view.kind} ${others.map((other) => nameOf(other.view)).join(', ')} also ${others.length === 1 ? 'selects' : 'select'} ${workload.view.kind} ${workload.view.name}; only one ${view.kind} takes effect there.`
    report(conflict, view, path, message, related(others))
  }
}

function checkProviders(view: View<Telemetry>, { settings }: Mesh, report: Report): void {
  view.resource.spec?.accessLogging?.forEach(({ providers = [], disabled }, index) => {
    if (providers.length > 0 || disabled === true || settings.hasAccessLogProvider) return
    const message = 'No provider is named here and the mesh has no default one, so this has no effect; name one, such as envoy.'
    report('IST0157', view, ['spec', 'accessLogging', index], message, {
      fix: {
        title: 'Log through the provider "envoy"',
        changes: [{ path: ['spec', 'accessLogging', index, 'providers'], value: [{ name: 'envoy' }] }],
      },
    })
  })
}

function checkSidecarHosts(mesh: Mesh, report: Report): void {
  if (mesh.hosts.all.length === 0 && !mesh.isComplete) return
  for (const view of mesh.of('Sidecar'))
    view.resource.spec?.egress?.forEach(({ hosts }, listener) => {
      hosts.forEach((entry, index) => {
        const [namespace = '', host = ''] = entry.split('/')
        if (host === '' || host === '*' || namespace.startsWith('~')) return
        const owner = namespace === '.' ? view.namespace : namespace
        const isKnown = mesh.hosts.all.some(({ name, namespace: home }) => (owner === '*' || owner === home) && hostsOverlap(name, host))
        if (isKnown || isAssumed(host, mesh)) return
        const message = `Nothing in ${owner === '*' ? 'any namespace' : `the namespace ${owner}`} defines the host "${host}", so this entry imports nothing.`
        report('HED0008', view, ['spec', 'egress', listener, 'hosts', index], message)
      })
    })
}

/** Kinds whose selector may be wrong without anybody noticing. */
const selectingKinds = [
  ['PeerAuthentication', ['selector', 'matchLabels']],
  ['RequestAuthentication', ['selector', 'matchLabels']],
  ['WasmPlugin', ['selector', 'matchLabels']],
  ['TrafficExtension', ['selector', 'matchLabels']],
  ['ProxyConfig', ['selector', 'matchLabels']],
  ['EnvoyFilter', ['workloadSelector', 'labels']],
  ['ServiceEntry', ['workloadSelector', 'labels']],
] as const

function checkOthers(mesh: Mesh, report: Report): void {
  if (mesh.workloads.length === 0 && !mesh.isComplete) return
  for (const [kind, [outer, inner]] of selectingKinds)
    for (const view of mesh.of(kind)) {
      const spec = view.resource.spec as unknown as Readonly<Record<string, Readonly<Record<string, Labels>> | undefined>> | undefined
      const labels = spec?.[outer]?.[inner] ?? {}
      if (Object.keys(labels).length === 0 || isInstalledGateway(labels, mesh)) continue
      const isRoot = view.namespace === mesh.settings.rootNamespace && kind !== 'ServiceEntry'
      if (mesh.selected(labels, isRoot ? undefined : view.namespace).length > 0) continue
      report(
        'HED0009',
        view,
        ['spec', outer, inner],
        `No workload ${isRoot ? 'in the mesh' : `in the namespace ${view.namespace}`} has the labels ${labelText(labels)}, so the ${kind} has no effect.`,
      )
    }
}

function isInstalledGateway(labels: Labels, { isComplete }: Mesh): boolean {
  return !isComplete && /^(?:ingress|egress|eastwest)gateway$/.test(labels['istio'] ?? '')
}
