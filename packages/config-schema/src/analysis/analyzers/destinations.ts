/** Routes whose destination does not exist, has no such port or subset, or has several ports and none is chosen (IST0101, IST0112). */
import { nearest } from '@heddle/base'
import type { Destination, VirtualService } from '../../gen/types.js'
import { isExported, shortHost, type MeshHost } from '../mesh/host-registry.js'
import type { Mesh } from '../mesh/mesh.js'
import type { View } from '../mesh/view.js'
import { meant, type Report } from '../report.js'
import { destinationsOf, type PlacedDestination } from './route-destinations.js'

export function analyzeDestinations(mesh: Mesh, report: Report): void {
  for (const view of mesh.of('VirtualService'))
    for (const placed of destinationsOf(view.resource)) checkDestination(view, placed, mesh, report)
}

/** Namespaces that a VirtualService is exported to by name, besides its own. */
function viewersOf({ namespace, resource }: View<VirtualService>): readonly string[] {
  return (resource.spec.exportTo ?? []).filter((entry) => entry !== '*' && entry !== '.' && entry !== '~' && entry !== namespace)
}

function checkDestination(view: View<VirtualService>, placed: PlacedDestination, mesh: Mesh, report: Report): void {
  const { destination, path } = placed
  const host = mesh.resolve(destination.host, view.namespace)
  const found = mesh.hosts.visible(host, view.namespace)
  if (found.length === 0) {
    if (!isAssumed(host, mesh)) reportUnknownHost(view, placed, host, mesh, report)
    // The Service lives elsewhere; its rule may still be here.
    if (mesh.destinationRules.covering(host).length > 0) checkSubset(view, placed, host, mesh, report)
    return
  }
  const blind = viewersOf(view).find((viewer) => mesh.hosts.visible(host, viewer).length === 0)
  if (blind !== undefined) {
    const message = `This VirtualService is exported to the namespace ${blind}, and the host "${destination.host}" is not: requests from there fail with 503.`
    report('IST0101', view, [...path, 'host'], message, {
      related: found.slice(0, 1).map((owner) => ({ view: owner.view, path: [], message: 'it is defined here' })),
    })
  }
  checkPort(view, placed, found, report)
  checkSubset(view, placed, host, mesh, report)
}

function checkSubset(
  view: View<VirtualService>,
  { destination: { subset = '' }, path }: PlacedDestination,
  host: string,
  mesh: Mesh,
  report: Report,
): void {
  const subsets = subsetsOf(host, view.namespace, mesh)
  if (subset === '' || subsets.includes(subset)) return
  const known = subsets.length === 0 ? 'No DestinationRule defines subsets of this host' : `Its subsets are ${subsets.join(', ')}`
  const message = `There is no subset "${subset}" of ${host}, so requests to it fail with 503. ${known}.`
  const suggestion = nearest(subset, subsets)
  report('IST0101', view, [...path, 'subset'], message, meant(suggestion, [...path, 'subset'], 'Change the subset to'))
}

/** What is installed with the mesh, or lives where the input does not reach. */
export function isAssumed(host: string, mesh: Mesh): boolean {
  if (mesh.isComplete) return false
  const isEmpty = mesh.hosts.all.length === 0
  const isInstalled = ['istio-system', 'kube-system', mesh.settings.rootNamespace].some((namespace) =>
    host.endsWith(`.${namespace}.svc.${mesh.clusterDomain}`),
  )
  return isEmpty || isInstalled || host === `kubernetes.default.svc.${mesh.clusterDomain}`
}

function reportUnknownHost(
  view: View<VirtualService>,
  { destination, path }: PlacedDestination,
  host: string,
  mesh: Mesh,
  report: Report,
): void {
  const at = [...path, 'host']
  const hidden = mesh.hosts.defined(host)
  const [owner] = hidden
  if (owner !== undefined) {
    const message = `The ${owner.view.kind} ${owner.namespace}/${owner.view.name} that defines "${destination.host}" is not exported to the namespace ${view.namespace}.`
    report('IST0101', view, at, message, { related: [{ view: owner.view, path: [], message: 'it is defined here' }] })
    return
  }
  const suggestion = nearestHost(destination.host, view.namespace, mesh)
  const resolved = host === destination.host ? '' : ` (${host})`
  const message = `No Service or ServiceEntry defines the host "${destination.host}"${resolved}, so requests to it fail with 503.`
  report('IST0101', view, at, message, meant(suggestion, at, 'Change the host to'))
}

/** The host as it would be written in that namespace. */
export function nearestHost(host: string, namespace: string, mesh: Mesh): string | undefined {
  const names = mesh.hosts.all
    .filter((known) => isExported(known.exportTo, known.namespace, namespace))
    .flatMap(({ name }) => [shortHost(name, namespace, mesh.clusterDomain), name])
  const elsewhere = mesh.hosts.all.find(
    ({ view, name }) => view.kind === 'Service' && isPartOf(host, view.name, view.namespace) && name !== host,
  )
  return elsewhere?.name ?? nearest(host, names)
}

/** `reviews` or `reviews.prod` for the Service reviews of the namespace prod. */
function isPartOf(host: string, name: string, namespace: string): boolean {
  return host === name || host === `${name}.${namespace}` || host === `${name}.${namespace}.svc`
}

export function subsetsOf(host: string, viewer: string, mesh: Mesh): readonly string[] {
  const names = mesh.destinationRules.covering(host).flatMap(({ namespace, resource: { spec } }) => {
    const isSeen = isExported(spec.exportTo ?? mesh.settings.destinationRuleExportTo, namespace, viewer)
    return isSeen ? (spec.subsets ?? []).map(({ name }) => name) : []
  })
  return [...new Set(names)]
}

function checkPort(
  view: View<VirtualService>,
  { destination, path, isMirror }: PlacedDestination,
  found: readonly MeshHost[],
  report: Report,
): void {
  const ports = found.flatMap((host) => host.ports)
  const numbers = [...new Set(ports.map(({ number }) => number))]
  const [first] = found
  if (first === undefined || numbers.length === 0) return
  const wanted = portOf(destination)
  const related = [{ view: first.view, path: ['spec', 'ports'], message: 'the ports are defined here' }]
  if (wanted === undefined) {
    if (numbers.length === 1) return
    const message = `The host ${destination.host} has the ports ${numbers.join(', ')}, and the ${isMirror ? 'mirror' : 'route'} does not say which; add port.number.`
    report('IST0112', view, [...path, 'host'], message, { related })
  } else if (!numbers.includes(wanted)) {
    const expected = numbers.length === 1 ? `its port is ${numbers[0]}` : `its ports are ${numbers.join(', ')}`
    const fix =
      numbers.length === 1
        ? { fix: { title: `Change the port to ${numbers[0]}`, changes: [{ path: [...path, 'port', 'number'], value: numbers[0] }] } }
        : {}
    report('IST0101', view, [...path, 'port', 'number'], `The host ${destination.host} has no port ${wanted}; ${expected}.`, {
      related,
      ...(numbers.length === 1 ? { suggestion: String(numbers[0]) } : {}),
      ...fix,
    })
  }
}

function portOf({ port }: Destination): number | undefined {
  return port?.number === undefined || port.number === 0 ? undefined : port.number
}
