/**
 * Services from ServiceEntries: one per host. Those of one namespace for one host become one service with the ports of all of
 * them. Names of the cluster's own Services are left to these.
 */
import type { ResourceReference } from '../issue/translation-issue.js'
import type { ServiceEntry, ServiceEntryPort } from '../resources/service-entry.js'
import { isWildcard } from '../host/host-name.js'
import { byCreation } from './age.js'
import { allocateAddresses } from './automatic-addresses.js'
import type { MeshPort, MeshService, Resolution } from './mesh-service.js'
import { serverProtocol } from './port-protocol.js'

export interface EntryService extends MeshService {
  /** The oldest first; more than one where several add up. */
  readonly entries: readonly ServiceEntry[]
}

const resolutions: Readonly<Record<string, Resolution>> = {
  NONE: 'original-destination',
  STATIC: 'told',
  DNS: 'dns',
  DNS_ROUND_ROBIN: 'dns-first',
}

/** Hosts in the order of age of their entries. */
export function entryServices(resources: readonly ServiceEntry[]): readonly EntryService[] {
  const services = new Map<string, EntryService>()
  for (const resource of resources.toSorted((left, right) => byCreation(left.metadata, right.metadata))) {
    for (const host of new Set((resource.spec?.hosts ?? []).map((name) => name.toLowerCase()))) {
      const service = entryService(resource, host)
      const key = `${service.namespace}/${host}`
      const known = services.get(key)
      services.set(key, known === undefined ? service : combined(known, service))
    }
  }
  const automatic = allocateAddresses([...services.values()].filter(wantsAddress))
  return [...services].map(([key, service]) => {
    const automaticAddress = recordedAddress(service) ?? automatic.get(key)
    return automaticAddress === undefined ? service : { ...service, automaticAddress }
  })
}

function entryService(resource: ServiceEntry, host: string): EntryService {
  const { metadata, spec = { hosts: [] } } = resource
  const namespace = metadata.namespace ?? 'default'
  const reference: ResourceReference = { kind: 'ServiceEntry', namespace, name: metadata.name ?? '' }
  return {
    host,
    name: host,
    namespace,
    headless: false,
    registry: 'External',
    ...whereabouts(spec),
    resource: reference,
    selector: spec.workloadSelector && (spec.workloadSelector.labels ?? {}),
    exportTo: spec.exportTo,
    nodeLocal: false,
    createdAt: metadata.creationTimestamp ?? '',
    entries: [resource],
  }
}

function whereabouts(
  spec: NonNullable<ServiceEntry['spec']>,
): Pick<MeshService, 'addresses' | 'resolution' | 'external' | 'subjectAltNames' | 'ports'> {
  const { addresses = [], resolution = 'NONE', ports = [], subjectAltNames = [] } = spec
  return {
    addresses: addresses.map(withoutWholePrefix),
    resolution: resolutions[resolution] ?? 'dns',
    external: spec.location !== 'MESH_INTERNAL',
    subjectAltNames,
    ports: ports.map(entryPort).filter((port) => port.protocol !== 'udp'),
  }
}

/** The ports that the older one lacks; what holds for the service as a whole is the older one's. */
function combined(older: EntryService, younger: EntryService): EntryService {
  const taken = new Set(older.ports.map((port) => port.number))
  const ports = [...older.ports, ...younger.ports.filter((port) => !taken.has(port.number))]
  return { ...older, ports, entries: [...older.entries, ...younger.entries] }
}

function entryPort({ number, name, protocol, targetPort }: ServiceEntryPort): MeshPort {
  return { number, name, protocol: serverProtocol(protocol), targetPort: targetPort || number, transport: 'TCP' }
}

/** `10.0.0.1/32` is an address, not a block. */
function withoutWholePrefix(address: string): string {
  const [prefix = address, length] = address.split('/')
  return length === (prefix.includes(':') ? '128' : '32') ? prefix : address
}

/** Where the original destination is forwarded to, a made-up address would go nowhere. */
function wantsAddress({ addresses, host, resolution, entries }: EntryService): boolean {
  const optsOut = entries[0]?.metadata.labels?.['networking.istio.io/enable-autoallocate-ip'] === 'false'
  return addresses.length === 0 && !isWildcard(host) && resolution !== 'original-destination' && !optsOut
}

function recordedAddress({ addresses, host, entries }: EntryService): string | undefined {
  if (addresses.length > 0) return undefined
  const recorded = entries.flatMap(({ status }) => status?.addresses ?? []).filter((entry) => !entry.host || entry.host === host)
  return (recorded.find(({ value }) => value?.includes(':') === false) ?? recorded[0])?.value
}
