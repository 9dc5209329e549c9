/** DestinationRules: unknown hosts, subsets of no workload, rules that repeat each other, servers nobody verifies (IST0173, IST0174, IST0128, IST0129, HED0001, HED0007). */
import type { ClientTLSSettings, DestinationRule, ServiceEntry, Service, Subset } from '../../gen/types.js'
import { isExported } from '../mesh/host-registry.js'
import type { Mesh } from '../mesh/mesh.js'
import { isSameResource, labelText, nameOf, selects, type View } from '../mesh/view.js'
import { meant, type Report } from '../report.js'
import { isAssumed, nearestHost } from './destinations.js'

export function analyzeDestinationRules(mesh: Mesh, report: Report): void {
  const rules = mesh.of('DestinationRule')
  for (const view of rules) {
    checkHost(view, mesh, report)
    view.resource.spec.subsets?.forEach((subset, index) => checkSubset(view, subset, index, mesh, report))
    checkVerification(view, report)
  }
  checkRepetition(rules, mesh, report)
}

function checkHost(view: View<DestinationRule>, mesh: Mesh, report: Report): void {
  const { host } = view.resource.spec
  const resolved = mesh.resolve(host, view.namespace)
  if (host === '' || host.includes('*') || isAssumed(resolved, mesh) || mesh.hosts.visible(resolved, view.namespace).length > 0) return
  const hidden = mesh.hosts.defined(resolved)[0]
  const why =
    hidden === undefined
      ? 'No Service or ServiceEntry defines it'
      : `${nameOf(hidden.view)} is not exported to the namespace ${view.namespace}`
  const suggestion = hidden === undefined ? nearestHost(host, view.namespace, mesh) : undefined
  const path = ['spec', 'host']
  report(
    'IST0174',
    view,
    path,
    `The rule has no effect, for there is no host "${host}" here. ${why}.`,
    meant(suggestion, path, 'Change the host to'),
  )
}

/** What endpoints have from the Node they run on, and no Pod says of itself; an empty place is none. */
const placeLabels = new Set([
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.istio.io/subzone',
  'topology.istio.io/network',
  'topology.istio.io/cluster',
])

function checkSubset(view: View<DestinationRule>, subset: Subset, index: number, mesh: Mesh, report: Report): void {
  const path = ['spec', 'subsets', index]
  const labels = subset.labels ?? {}
  if (Object.keys(labels).length === 0) {
    report('HED0007', view, path, `The subset "${subset.name}" has no labels, so it is every endpoint of the host.`)
    return
  }
  const host = mesh.resolve(view.resource.spec.host, view.namespace)
  const candidates = mesh.hosts.visible(host, view.namespace).map(({ view: owner }) => endpointLabels(owner, mesh))
  if (candidates.length === 0 || candidates.includes(undefined)) return
  const endpoints = candidates.flatMap((list) => list ?? [])
  const own = Object.fromEntries(Object.entries(labels).filter(([key, value]) => value === '' || !placeLabels.has(key)))
  if (endpoints.length === 0 ? !mesh.isComplete : endpoints.some((endpoint) => selects(own, endpoint))) return
  const message = `No workload behind ${view.resource.spec.host} has the labels ${labelText(labels)}, so requests to the subset "${subset.name}" fail with 503.`
  report('IST0173', view, [...path, 'labels'], message)
}

/** @returns undefined when they cannot be known. */
function endpointLabels(owner: View, mesh: Mesh): readonly Readonly<Record<string, string>>[] | undefined {
  if (owner.kind === 'Service') {
    const { spec } = owner.resource as Service
    const selector = spec?.selector ?? {}
    if (spec?.type === 'ExternalName' || Object.keys(selector).length === 0) return undefined
    return mesh.selected(selector, owner.namespace).map(({ labels }) => labels)
  }
  const { endpoints = [], workloadSelector } = (owner.resource as ServiceEntry).spec ?? {}
  if (workloadSelector !== undefined) return mesh.selected(workloadSelector.labels, owner.namespace).map(({ labels }) => labels)
  return endpoints.length === 0 ? undefined : endpoints.map(({ labels = {} }) => labels)
}

function checkVerification(view: View<DestinationRule>, report: Report): void {
  const { host, trafficPolicy, subsets = [], workloadSelector } = view.resource.spec
  const check = (policy: typeof trafficPolicy, path: readonly (string | number)[]): void => {
    if (isUnverified(policy?.tls, workloadSelector !== undefined)) {
      const message = `TLS mode ${policy?.tls?.mode} without caCertificates: the server of ${host} is verified only by the certificates of the proxy's system, if at all.${credentialHint(policy?.tls)}`
      report('IST0128', view, [...path, 'tls'], message)
    }
    policy?.portLevelSettings?.forEach(({ port, tls }, index) => {
      if (!isUnverified(tls, workloadSelector !== undefined)) return
      const message = `TLS mode ${tls?.mode} without caCertificates: the server of ${host} at port ${port?.number ?? '?'} is verified only by the certificates of the proxy's system, if at all.${credentialHint(tls)}`
      report('IST0129', view, [...path, 'portLevelSettings', index, 'tls'], message)
    })
  }
  check(trafficPolicy, ['spec', 'trafficPolicy'])
  subsets.forEach((subset, index) => check(subset.trafficPolicy, ['spec', 'subsets', index, 'trafficPolicy']))
}

function credentialHint(tls: ClientTLSSettings | undefined): string {
  return tls?.credentialName ? ' Sidecars read its credentialName only for workloads that workloadSelector selects.' : ''
}

/** Sidecars read the Secret of a credentialName only for the workloads that a rule selects. */
function isUnverified(tls: ClientTLSSettings | undefined, isSelective: boolean): boolean {
  if (tls?.mode !== 'SIMPLE' && tls?.mode !== 'MUTUAL') return false
  return !tls.caCertificates && !(tls.credentialName && isSelective) && tls.insecureSkipVerify !== true
}

/** Istio merges the subsets of rules for one host, and takes the traffic policy and a repeated subset from one of them only. */
function checkRepetition(rules: readonly View<DestinationRule>[], mesh: Mesh, report: Report): void {
  const whole = rules.filter(({ resource: { spec } }) => spec.host !== '' && spec.workloadSelector === undefined)
  const earlier = new Map<string, View<DestinationRule>[]>()
  for (const view of whole) {
    const host = mesh.resolve(view.resource.spec.host, view.namespace)
    const others = earlier.get(host) ?? []
    earlier.set(host, [...others, view])
    for (const other of others) {
      const path = isSameResource(view, other) || !compete(view, other, mesh) ? undefined : repeatedPart(view, other)
      if (path === undefined) continue
      const subset = view.resource.spec.subsets?.[path[2] ?? -1]
      const what = subset === undefined ? 'a traffic policy' : `the subset "${subset.name}"`
      const message = `The DestinationRule ${nameOf(other)} also defines ${what} for ${view.resource.spec.host}; only one of them takes effect. Merge them into one.`
      report(
        'HED0001',
        view,
        path.filter((part) => part !== undefined),
        message,
        { part: 'key', related: [{ view: other, path: ['spec', 'host'], message: 'the other rule' }] },
      )
    }
  }
}

/** The path of what both define. */
function repeatedPart(view: View<DestinationRule>, other: View<DestinationRule>): readonly ['spec', string, number?] | undefined {
  const [own, theirs] = [view.resource.spec, other.resource.spec]
  const subset = own.subsets?.findIndex(({ name }) => theirs.subsets?.some((known) => known.name === name)) ?? -1
  if (subset >= 0) return ['spec', 'subsets', subset]
  return own.trafficPolicy !== undefined && theirs.trafficPolicy !== undefined ? ['spec', 'trafficPolicy'] : undefined
}

/** Of two rules for one host: whether somebody gets both. */
function compete(a: View<DestinationRule>, b: View<DestinationRule>, mesh: Mesh): boolean {
  // The rule of the own namespace comes first, so only rules of one namespace compete for sure.
  return (
    a.namespace === b.namespace ||
    [...mesh.namespaces].some(
      (viewer) => viewer !== a.namespace && viewer !== b.namespace && sees(viewer, a, mesh) && sees(viewer, b, mesh),
    )
  )
}

function sees(viewer: string, { namespace, resource }: View<DestinationRule>, { settings }: Mesh): boolean {
  return isExported(resource.spec.exportTo ?? settings.destinationRuleExportTo, namespace, viewer)
}
