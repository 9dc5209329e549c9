/** A service of the mesh as translation sees it: host name, addresses and ports with their protocols. */
import { targetPortNumber } from '@heddle/config-schema'
import type { Pod, Service, ServicePort } from '../resources/kubernetes.js'
import type { ResourceReference } from '../issue/translation-issue.js'
import { compareText } from './age.js'
import { portProtocol, type PortProtocol } from './port-protocol.js'

export interface MeshPort {
  readonly number: number
  readonly name: string
  readonly protocol: PortProtocol
  readonly targetPort: number | string
  /** The transport under `protocol`, as Kubernetes names it. */
  readonly transport: string
}

/** How endpoints are found: told by the control plane, by DNS (every address, or the first), or nowhere: the original destination. */
export type Resolution = 'told' | 'dns' | 'dns-first' | 'original-destination'

export interface MeshService {
  /** `NAME.NAMESPACE.svc.DOMAIN`; the host of a ServiceEntry, which may be a wildcard. */
  readonly host: string
  /** The Service's; a ServiceEntry has its host here. */
  readonly name: string
  readonly namespace: string
  /** Virtual addresses; none for a headless service. */
  readonly addresses: readonly string[]
  /** For proxies that answer names; where `addresses` is empty. */
  readonly automaticAddress?: string
  readonly headless: boolean
  readonly registry: 'Kubernetes' | 'External'
  readonly resolution: Resolution
  /** Outside of the mesh: nobody there has a mesh certificate. */
  readonly external: boolean
  /** Names that the certificate of an external service must carry, one of them. */
  readonly subjectAltNames: readonly string[]
  /** Where it is written. */
  readonly resource: ResourceReference
  readonly ports: readonly MeshPort[]
  readonly selector: Readonly<Record<string, string>> | undefined
  readonly exportTo: readonly string[] | undefined
  /** internalTrafficPolicy Local: a proxy calls endpoints of its own Node only. */
  readonly nodeLocal: boolean
  readonly createdAt: string
}

/** Undefined for ExternalName services, which have neither addresses nor endpoints. UDP ports are left out. */
export function meshService(service: Service, clusterDomain: string): MeshService | undefined {
  const { metadata, spec = {} } = service
  if (spec.type === 'ExternalName') return undefined
  const name = metadata.name ?? ''
  const namespace = metadata.namespace ?? 'default'
  const headless = spec.clusterIP === 'None'
  const addresses = headless ? [] : (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []))
  return {
    host: `${name}.${namespace}.svc.${clusterDomain}`,
    name,
    namespace,
    addresses,
    headless,
    registry: 'Kubernetes',
    resolution: 'told',
    external: false,
    subjectAltNames: [],
    resource: { kind: 'Service', namespace, name },
    ports: (spec.ports ?? []).map(meshPort).filter((port) => port.protocol !== 'udp'),
    selector: spec.selector,
    exportTo: exportTo(metadata.annotations?.['networking.istio.io/exportTo']),
    nodeLocal: spec.internalTrafficPolicy === 'Local',
    createdAt: metadata.creationTimestamp ?? '',
  }
}

/** An empty annotation says nothing. `~` hides the service from everybody unless `*` shows it. */
function exportTo(annotation: string | undefined): readonly string[] | undefined {
  const targets = (annotation ?? '')
    .split(',')
    .map((target) => target.trim())
    .filter((target) => target !== '')
  if (targets.length === 0) return undefined
  return targets.includes('~') && !targets.includes('*') ? ['~'] : targets
}

export function meshPort(port: ServicePort): MeshPort {
  return {
    number: port.port,
    name: port.name ?? '',
    protocol: portProtocol(port),
    targetPort: port.targetPort ?? port.port,
    transport: port.protocol ?? 'TCP',
  }
}

export function portOf(service: MeshService, number: number): MeshPort | undefined {
  return service.ports.find((port) => port.number === number)
}

/** The number that the port has in this Pod. Undefined: none of its containers has a port of that name and transport. */
export function numberInPod(pod: Pod | undefined, { number, targetPort, transport }: MeshPort): number | undefined {
  return targetPortNumber(pod?.spec, { port: number, targetPort, protocol: transport })
}

/** Oldest first, then by host: who wins where two services claim the same place. */
export function byAge(left: MeshService, right: MeshService): number {
  return compareText(left.createdAt, right.createdAt) || compareText(left.host, right.host)
}
