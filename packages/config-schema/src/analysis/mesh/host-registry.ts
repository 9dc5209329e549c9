/** The hosts that Services and ServiceEntries define, and who sees them: Istio's service registry, offline. */
import type { ResourceByKind } from '../../resource.js'
import { hostCovers } from '../../rules/hosts.js'
import type { View } from './view.js'

export interface HostPort {
  readonly number: number
  readonly name: string
  /** In upper case: HTTP, TCP, TLS...; empty when it is to be detected. */
  readonly protocol: string
  readonly targetPort: number | string
}

export interface MeshHost {
  /** Fully qualified; a ServiceEntry's may begin with `*`. */
  readonly name: string
  readonly namespace: string
  readonly exportTo: readonly string[]
  readonly ports: readonly HostPort[]
  readonly view: View
}

export interface HostRegistry {
  readonly all: readonly MeshHost[]
  /** Everything that answers for a fully qualified host, seen from a namespace. */
  visible(host: string, namespace: string): readonly MeshHost[]
  /** The same, whoever may see it. */
  defined(host: string): readonly MeshHost[]
}

/** Whether a namespace sees what another exports; an empty list exports to all. */
export function isExported(exportTo: readonly string[], owner: string, viewer: string): boolean {
  if (exportTo.length === 0) return true
  return exportTo.some((entry) => entry === '*' || (entry === '.' ? owner === viewer : entry === viewer))
}

/** A short name means a Service of the namespace in which it is written. */
export function resolveHost(host: string, namespace: string, clusterDomain: string): string {
  const plain = host.replace(/\.$/, '').toLowerCase()
  return plain.includes('.') || plain.includes('*') || plain === '' ? plain : `${plain}.${namespace}.svc.${clusterDomain}`
}

/** How a host is written in a namespace: the short name where it has one. */
export function shortHost(host: string, namespace: string, clusterDomain: string): string {
  const ending = `.${namespace}.svc.${clusterDomain}`
  return host.endsWith(ending) ? host.slice(0, -ending.length) : host
}

interface RegistryInput {
  readonly services: readonly View<ResourceByKind['Service']>[]
  readonly serviceEntries: readonly View<ResourceByKind['ServiceEntry']>[]
  readonly clusterDomain: string
  readonly defaultExportTo: readonly string[]
}

export function createHostRegistry({ services, serviceEntries, clusterDomain, defaultExportTo }: RegistryInput): HostRegistry {
  const all: MeshHost[] = [
    ...services.map((view) => serviceHost(view, clusterDomain, defaultExportTo)),
    ...serviceEntries.flatMap((view) => entryHosts(view, clusterDomain, defaultExportTo)),
  ]
  const exact = new Map<string, MeshHost[]>()
  for (const host of all) exact.set(host.name, [...(exact.get(host.name) ?? []), host])
  const wild = all.filter(({ name }) => name.startsWith('*'))
  const defined = (host: string): readonly MeshHost[] => exact.get(host) ?? wild.filter(({ name }) => hostCovers(name, host))
  return {
    all,
    defined,
    visible: (host, namespace) => {
      const found = (exact.get(host) ?? []).filter((candidate) => isExported(candidate.exportTo, candidate.namespace, namespace))
      if (found.length > 0) return found
      return wild.filter(({ name, exportTo, namespace: owner }) => hostCovers(name, host) && isExported(exportTo, owner, namespace))
    },
  }
}

const exportAnnotation = 'networking.istio.io/exportTo'

function serviceHost(view: View<ResourceByKind['Service']>, clusterDomain: string, defaultExportTo: readonly string[]): MeshHost {
  const exportTo = view.annotations[exportAnnotation]
  return {
    name: `${view.name}.${view.namespace}.svc.${clusterDomain}`.toLowerCase(),
    namespace: view.namespace,
    exportTo: exportTo === undefined ? defaultExportTo : exportTo.split(',').map((entry) => entry.trim()),
    ports: (view.resource.spec?.ports ?? []).map((port) => ({
      number: port.port,
      name: port.name ?? '',
      protocol: servicePortProtocol(port),
      targetPort: port.targetPort ?? port.port,
    })),
    view,
  }
}

function entryHosts(
  view: View<ResourceByKind['ServiceEntry']>,
  clusterDomain: string,
  defaultExportTo: readonly string[],
): readonly MeshHost[] {
  const { hosts, ports = [], exportTo } = view.resource.spec ?? { hosts: [] }
  return hosts.map((host) => ({
    name: resolveHost(host, view.namespace, clusterDomain),
    namespace: view.namespace,
    exportTo: exportTo === undefined || exportTo.length === 0 ? defaultExportTo : exportTo,
    ports: ports.map(({ number, name, protocol = '', targetPort }) => ({
      number,
      name,
      protocol: protocol.toUpperCase(),
      targetPort: targetPort ?? number,
    })),
    view,
  }))
}

const knownProtocols = new Set(['UDP', 'HTTP', 'HTTP2', 'HTTPS', 'GRPC', 'GRPC-WEB', 'TCP', 'TLS', 'MONGO', 'REDIS', 'MYSQL'])
const appProtocols: Readonly<Record<string, string>> = {
  'kubernetes.io/h2c': 'HTTP2',
  'kubernetes.io/ws': 'HTTP',
  'kubernetes.io/wss': 'HTTPS',
}
/** Servers speak first here, so nothing can be detected. */
const tcpPorts = new Set([25, 53, 3306, 27_017])

/** How Istio chooses the protocol of a Service's port; empty when it is detected from the traffic. */
export function servicePortProtocol(port: {
  readonly port: number
  readonly name?: string
  readonly protocol?: string
  readonly appProtocol?: string
}): string {
  if (port.protocol === 'UDP') return 'UDP'
  const said = appProtocols[port.appProtocol ?? ''] ?? port.appProtocol ?? port.name ?? ''
  const word = (/^grpc-web/i.test(said) ? 'grpc-web' : (said.split('-')[0] ?? '')).toUpperCase()
  if (knownProtocols.has(word)) return word
  return tcpPorts.has(port.port) ? 'TCP' : ''
}
