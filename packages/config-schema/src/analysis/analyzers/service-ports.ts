/** Ports of Services: names that tell no protocol, and Services of one workload that contradict each other (IST0116, IST0118, IST0137, IST0150). */
import type { Service } from '../../gen/types.js'
import { servicePortProtocol } from '../mesh/host-registry.js'
import { isInjected } from '../mesh/injection.js'
import { isSystemNamespace, type Mesh } from '../mesh/mesh.js'
import { nameOf, selects, type View } from '../mesh/view.js'
import type { Workload } from '../mesh/workloads.js'
import type { Report } from '../report.js'

export function analyzeServicePorts(mesh: Mesh, report: Report): void {
  const services = mesh.of('Service').filter(({ namespace }) => !isSystemNamespace(namespace, mesh))
  // Services that istiod makes for Gateways and waypoints are named by it.
  for (const view of services) if (view.labels['gateway.istio.io/managed'] === undefined) checkNames(view, report)
  for (const workload of mesh.workloads)
    if (workload.view.kind === 'Deployment' && !isSystemNamespace(workload.namespace, mesh) && isInjected(workload, mesh))
      checkWorkload(workload, services, report)
}

function checkNames(view: View<Service>, report: Report): void {
  const { spec } = view.resource
  const isExternal = spec?.type === 'ExternalName'
  spec?.ports?.forEach((port, index) => {
    if (servicePortProtocol(port) !== '' && !(isExternal && port.name === 'tcp')) return
    const path = ['spec', 'ports', index, ...(port.name === undefined ? [] : ['name'])]
    const said = port.name === undefined ? 'has no name' : `is named "${port.name}"`
    if (isExternal) {
      const message = `The port ${port.port} of this ExternalName Service ${said}, which tells no protocol; sidecars may then take other traffic to this port for it. Name it tcp-..., http-... or the like.`
      report('IST0150', view, path, message)
    } else {
      const message = `The port ${port.port} ${said}, which tells no protocol, so it is detected from the traffic. Name it http-..., grpc-..., tcp-... or set appProtocol.`
      report('IST0118', view, path, message, {
        expected: 'a name that begins with http, http2, https, grpc, tcp, tls, mongo, redis, mysql or udp',
      })
    }
  })
}

interface UsedPort {
  readonly service: View<Service>
  readonly port: number
  readonly target: number | string
  readonly protocol: string
}

function checkWorkload(workload: Workload, services: readonly View<Service>[], report: Report): void {
  const used = services
    .filter(({ namespace, resource: { spec } }) => {
      const selector = spec?.selector ?? {}
      return namespace === workload.namespace && Object.keys(selector).length > 0 && selects(selector, workload.labels)
    })
    .flatMap((service) =>
      (service.resource.spec?.ports ?? []).map((port): UsedPort => ({
        service,
        port: port.port,
        target: port.targetPort ?? port.port,
        protocol: servicePortProtocol(port) || 'detected',
      })),
    )
  for (const [port, ports] of grouped(used, (each) => String(each.port))) {
    const protocols = [...new Set(ports.map(({ protocol }) => protocol))]
    const names = namesOf(ports)
    if (names.length < 2 || protocols.length < 2) continue
    const message = `The Services ${names.join(', ')} have port ${port} for this workload with different protocols: ${protocols.join(', ')}.`
    report('IST0116', workload.view, [], message, relatedTo(ports))
  }
  for (const [target, ports] of grouped(used, (each) => String(each.target))) {
    const numbers = [...new Set(ports.map(({ port }) => port))]
    const names = namesOf(ports)
    if (names.length < 2 || numbers.length < 2) continue
    const message = `The Services ${names.join(', ')} lead to target port ${target} of this workload from different ports: ${numbers.join(', ')}.`
    report('IST0137', workload.view, [], message, relatedTo(ports))
  }
}

function grouped(ports: readonly UsedPort[], keyOf: (port: UsedPort) => string): ReadonlyMap<string, readonly UsedPort[]> {
  const groups = new Map<string, UsedPort[]>()
  for (const port of ports) groups.set(keyOf(port), [...(groups.get(keyOf(port)) ?? []), port])
  return groups
}

function namesOf(ports: readonly UsedPort[]): readonly string[] {
  return [...new Set(ports.map(({ service }) => nameOf(service)))]
}

function relatedTo(ports: readonly UsedPort[]) {
  return { related: ports.map(({ service }) => ({ view: service, path: ['spec', 'ports'], message: 'its ports' })) }
}
