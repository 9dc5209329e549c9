/** Gateways: the workload that runs them, its Service's ports, certificates, and Gateways that claim the same place (IST0101, IST0138, IST0145, IST0161, IST0162). */
import { nearest } from '@heddle/base'
import type { Gateway, Secret, Server } from '../../gen/types.js'
import type { FieldPath } from '../../path.js'
import type { Mesh } from '../mesh/mesh.js'
import { isSameResource, labelText, nameOf, selects, type View } from '../mesh/view.js'
import type { Workload } from '../mesh/workloads.js'
import { meant, type Report } from '../report.js'

export function analyzeGateways(mesh: Mesh, report: Report): void {
  const gateways = mesh.of('Gateway')
  for (const view of gateways) {
    const workloads = workloadsOf(view, mesh)
    checkSelector(view, workloads, mesh, report)
    checkPorts(view, workloads, mesh, report)
    view.resource.spec.servers?.forEach((server, index) => checkCredentials(view, server, index, workloads, mesh, report))
  }
  checkConflicts(gateways, mesh, report)
  checkSharedCertificates(gateways, mesh, report)
}

/** Gateways that Istio's charts install, by their label. */
const installedGateways = ['ingressgateway', 'egressgateway', 'eastwestgateway']

export function workloadsOf(view: View<Gateway>, mesh: Mesh): readonly Workload[] {
  const { selector } = view.resource.spec
  return mesh.workloads.filter(({ labels, pod }) => pod !== undefined && selects(selector, labels))
}

/** With no workload of any gateway in the input, Istio's own are taken to be installed. */
export function isInstalled({ istio = '' }: Readonly<Record<string, string>>, mesh: Mesh): boolean {
  return !mesh.isComplete && installedGateways.includes(istio) && !mesh.workloads.some(({ labels }) => labels['istio'] === istio)
}

function checkSelector(view: View<Gateway>, workloads: readonly Workload[], mesh: Mesh, report: Report): void {
  const selector = view.resource.spec.selector ?? {}
  if (Object.keys(selector).length === 0 || workloads.length > 0 || isInstalled(selector, mesh)) return
  const known = mesh.workloads.map(({ labels }) => labels['istio']).filter((label) => label !== undefined)
  const suggestion =
    selector['istio'] === undefined ? undefined : nearest(selector['istio'], [...known, ...(mesh.isComplete ? [] : installedGateways)])
  const path = ['spec', 'selector']
  report(
    'IST0101',
    view,
    path,
    `No Pod has the labels ${labelText(selector)}, so nothing serves this Gateway.`,
    meant(suggestion, [...path, 'istio'], 'Select the workload'),
  )
}

/** Of the Service istio-ingressgateway as charts install it, and the ports of its Pods. */
const installedPorts = [80, 443, 8080, 8443, 15_012, 15_017, 15_020, 15_021, 15_443, 31_400]

function checkPorts(view: View<Gateway>, workloads: readonly Workload[], mesh: Mesh, report: Report): void {
  const own = view.resource.spec.selector ?? {}
  const services = mesh.of('Service').filter(({ namespace, resource: { spec } }) => {
    const selector = spec?.selector ?? {}
    if (Object.keys(selector).length === 0) return false
    if (workloads.length === 0) return selector['istio'] === own['istio']
    return workloads.some((workload) => workload.namespace === namespace && selects(selector, workload.labels))
  })
  const isCharts = services.length === 0 && workloads.length === 0 && own['istio'] === 'ingressgateway' && isInstalled(own, mesh)
  if (services.length === 0 && !isCharts) return
  const ports = new Set<number | string | undefined>(
    isCharts
      ? installedPorts
      : services.flatMap(({ resource: { spec } }) => (spec?.ports ?? []).flatMap(({ port, targetPort }) => [port, targetPort])),
  )
  view.resource.spec.servers?.forEach(({ port }, index) => {
    if (!port?.number || ports.has(port.number)) return
    const names = isCharts ? 'istio-ingressgateway, as installed' : services.map((service) => nameOf(service)).join(', ')
    const message = `The Service of this gateway's workload (${names}) has no port ${port.number}, so nobody reaches it through that Service.`
    report('IST0162', view, ['spec', 'servers', index, 'port', 'number'], message, {
      related: services.map((service) => ({ view: service, path: ['spec', 'ports'], message: 'its ports' })),
    })
  })
}

function checkCredentials(
  view: View<Gateway>,
  { tls }: Server,
  index: number,
  workloads: readonly Workload[],
  mesh: Mesh,
  report: Report,
): void {
  const path: FieldPath = ['spec', 'servers', index, 'tls']
  if (tls?.credentialName) checkCredential(view, tls.credentialName, [...path, 'credentialName'], workloads, mesh, report)
  tls?.credentialNames?.forEach((name, position) =>
    checkCredential(view, name, [...path, 'credentialNames', position], workloads, mesh, report),
  )
}

/** Certificates are rarely kept beside the configuration, so they are looked for only where there are Secrets at all. */
function checkCredential(
  view: View<Gateway>,
  name: string,
  path: FieldPath,
  workloads: readonly Workload[],
  mesh: Mesh,
  report: Report,
): void {
  const secrets = mesh.of('Secret')
  const selector = view.resource.spec.selector ?? {}
  const namespaces =
    workloads.length > 0 ? workloads.map(({ namespace }) => namespace) : isInstalled(selector, mesh) ? ['istio-system'] : []
  if (name.includes('://') || namespaces.length === 0 || (secrets.length === 0 && !mesh.isComplete)) return
  const near = secrets.filter(({ namespace }) => namespaces.includes(namespace))
  const found = near.find((secret) => secret.name === name)
  if (found === undefined) {
    const elsewhere = secrets.find((secret) => secret.name === name)
    const where = elsewhere === undefined ? '' : ` There is one in ${elsewhere.namespace}, which the gateway does not read.`
    const suggestion = nearest(
      name,
      near.map((secret) => secret.name),
    )
    report(
      'IST0101',
      view,
      path,
      `There is no Secret "${name}" in the namespace of the gateway's workload (${namespaces[0]}).${where}`,
      meant(suggestion, path, 'Use the Secret'),
    )
  } else if (!isCertificate(found.resource)) {
    report(
      'IST0161',
      view,
      path,
      `The Secret ${nameOf(found)} holds no certificate and key in PEM under tls.crt and tls.key (or cert and key).`,
      {
        related: [{ view: found, path: [], message: 'the Secret' }],
      },
    )
  }
}

function isCertificate({ data = {}, stringData = {} }: Secret): boolean {
  const isPem = (...keys: readonly string[]): boolean =>
    keys.some((key) => {
      const text = stringData[key] ?? decoded(data[key])
      return text !== undefined && text.includes('-----BEGIN ')
    })
  return isPem('tls.crt', 'cert') && isPem('tls.key', 'key')
}

function decoded(base64: string | undefined): string | undefined {
  try {
    return base64 === undefined ? undefined : atob(base64.replaceAll(/\s/g, ''))
  } catch {
    return undefined
  }
}

interface Place {
  readonly view: View<Gateway>
  readonly index: number
  readonly server: Server
}

function checkConflicts(gateways: readonly View<Gateway>[], mesh: Mesh, report: Report): void {
  const places = gateways.flatMap((view) => (view.resource.spec.servers ?? []).map((server, index): Place => ({ view, index, server })))
  for (const place of places) {
    for (const other of places) {
      if (isSameResource(other.view, place.view) || !isSamePlace(place, other, mesh)) continue
      const hosts = hostsOf(place).filter((host) => hostsOf(other).includes(host))
      if (hosts.length === 0) continue
      const port = place.server.port.number
      const message = `The Gateway ${nameOf(other.view)} also serves ${hosts.join(', ')} on port ${port} of the same workload; only one of them takes effect.`
      report('IST0145', place.view, ['spec', 'servers', place.index, 'hosts'], message, {
        related: [{ view: other.view, path: ['spec', 'servers', other.index, 'hosts'], message: 'the other server' }],
      })
      break
    }
  }
}

function isSamePlace(a: Place, b: Place, mesh: Mesh): boolean {
  return (
    a.server.port.number === b.server.port.number && (a.server.bind ?? '') === (b.server.bind ?? '') && shareWorkload(a.view, b.view, mesh)
  )
}

function shareWorkload(a: View<Gateway>, b: View<Gateway>, mesh: Mesh): boolean {
  const [left = {}, right = {}] = [a.resource.spec.selector, b.resource.spec.selector]
  const isEqual = selects(left, right) && selects(right, left)
  return isEqual || mesh.workloads.some(({ labels }) => selects(left, labels) && selects(right, labels))
}

/** Whether `a` is run by every workload that runs `b`. */
function runsEverywhere(a: View<Gateway>, b: View<Gateway>): boolean {
  return selects(a.resource.spec.selector ?? {}, b.resource.spec.selector ?? {})
}

/** With the namespace written out; a namespace that is `*` says nothing. */
function hostsOf({ view, server }: Place): readonly string[] {
  return server.hosts.map((host) => host.replace(/^\*\//, '').replace(/^\.\//, `${view.namespace}/`).toLowerCase())
}

/** A browser that has one connection open uses it for every host of the certificate, and the other Gateway's routes answer 404. */
function checkSharedCertificates(gateways: readonly View<Gateway>[], mesh: Mesh, report: Report): void {
  const uses = gateways.flatMap((view) =>
    (view.resource.spec.servers ?? []).flatMap(({ tls }, index) =>
      tls?.credentialName ? [{ view, index, credential: tls.credentialName }] : [],
    ),
  )
  for (const use of uses) {
    // A Gateway of fewer workloads meets the other one only there; the wider one is told, as in Istio.
    const others = uses.filter(
      (other) => !isSameResource(other.view, use.view) && other.credential === use.credential && runsEverywhere(use.view, other.view),
    )
    if (others.length === 0 || uses.find((other) => other.view === use.view && other.credential === use.credential) !== use) continue
    const names = [...new Set(others.map((other) => nameOf(other.view)))].join(', ')
    const message = `The certificate "${use.credential}" is also used by ${names}: clients that reuse an HTTP/2 connection get 404. Serve its hosts in one Gateway.`
    report('IST0138', use.view, ['spec', 'servers', use.index, 'tls', 'credentialName'], message, {
      related: others.map((other) => ({
        view: other.view,
        path: ['spec', 'servers', other.index, 'tls', 'credentialName'],
        message: 'also used here',
      })),
    })
  }
}
