/**
 * A sidecar's routes: one configuration per HTTP port with a virtual host per service, and one per port whose protocol is
 * detected. VirtualServices of the mesh take the place of a service's own route; the oldest of two for one host wins.
 */
import type { RouteConfiguration, VirtualHost } from '@heddle/routing'
import { hostCovers, isWildcard } from '../host/host-name.js'
import type { ResourceReference } from '../issue/translation-issue.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { defaultServiceRoute, unknownHosts } from '../route/default-route.js'
import { virtualServiceRoutes } from '../route/http-route.js'
import { serviceDomains } from '../route/virtual-host-domains.js'
import { compareText } from '../snapshot/age.js'
import { isHttpOrDetected } from '../snapshot/port-protocol.js'
import { portOf, type MeshPort, type MeshService } from '../snapshot/mesh-service.js'
import { meshGateway } from '../host/gateway-name.js'
import type { MeshVirtualService } from '../snapshot/virtual-services.js'
import { detectedRouteName } from './outbound-listeners.js'
import { outboundPorts, type OutboundPorts } from './outbound-ports.js'
import { meshContext } from './service-chains.js'

/** Bytes of a direct response's body that Istio allows. */
const maxDirectResponseBytes = 1_048_576

export function outboundRoutes(view: ProxyView): readonly RouteConfiguration[] {
  const ports = outboundPorts(view)
  const detected = new Map(
    ports.addressed.filter(({ port }) => port.protocol === 'auto').map((target) => [detectedRouteName(target), target]),
  )
  return [
    ...portsWithRoutes(ports).map((port) => portRoutes(view, port)),
    ...[...detected].map(([name, { service, port }]) =>
      routeConfiguration(name, [{ ...serviceHost(view, service, port).host, domains: ['*'] }]),
    ),
  ]
}

/** Ports whose routes are those of every service on them: where there is no address, the host must tell. */
function portsWithRoutes({ http, shared }: OutboundPorts): readonly number[] {
  const detected = shared.filter(({ targets }) => targets.some(({ port }) => port.protocol === 'auto')).map(({ number }) => number)
  return [...new Set([...http, ...detected])]
}

export function routeConfiguration(name: string, virtualHosts: readonly VirtualHost[]): RouteConfiguration {
  return { name, virtualHosts, ignorePortInHostMatching: true, maxDirectResponseBodySizeBytes: maxDirectResponseBytes }
}

function portRoutes(view: ProxyView, number: number): RouteConfiguration {
  const plain: OwnedHost[] = []
  const routed: OwnedHost[] = []
  const onPort = new Map<string, MeshService>()
  for (const service of view.services) {
    const port = portOf(service, number)
    if (port === undefined || !view.reaches(service, number)) continue
    onPort.set(service.host, service)
    if (!isHttpOrDetected(port.protocol)) continue
    const owner = service.resource
    const { host, by } = serviceHost(view, service, port)
    if (by === undefined) plain.push({ owner, host })
    else routed.push({ owner, host, by })
  }
  // As with istiod: VirtualServices come first in their order, each with its plain hosts before its services, then the rest.
  routed.unshift(...otherHosts(view, number, onPort))
  routed.sort((left, right) => (left.by?.order ?? 0) - (right.by?.order ?? 0))
  const hosts = withoutDuplicates(view, [...routed, ...plain])
  const allowAny = view.outboundTrafficPolicy === 'ALLOW_ANY'
  return routeConfiguration(String(number), [
    ...hosts.toSorted((left, right) => compareText(left.name, right.name)),
    unknownHosts(allowAny),
  ])
}

/** @returns the virtual host, and the VirtualService that its routes are from, if there is one. */
function serviceHost(view: ProxyView, service: MeshService, port: MeshPort): Omit<OwnedHost, 'owner'> {
  const by = virtualServiceOf(view, service.host)
  const routes = by === undefined ? [] : virtualServiceRoutes(view, by, meshContext(view, port.number))
  const common = { name: `${service.host}:${port.number}`, domains: serviceDomains(view, service), includeRequestAttemptCount: true }
  if (routes.length === 0) return { host: { ...common, routes: [defaultServiceRoute(view, service, port)] } }
  return { host: { ...common, routes }, ...(by === undefined ? {} : { by }) }
}

/** A virtual host and the resource that it is there for. */
interface OwnedHost {
  readonly host: VirtualHost
  readonly owner: ResourceReference
  /** The VirtualService that its routes are from. */
  readonly by?: MeshVirtualService
}

/** The most specific VirtualService with HTTP rules for a host, the oldest of equals; the others are reported. */
function virtualServiceOf(view: ProxyView, host: string): MeshVirtualService | undefined {
  const [first, ...others] = view.meshRoutes.covering(host).filter((entry) => hasHttp(entry.value))
  for (const other of others) {
    if (other.pattern === first?.pattern && other.value !== first.value) reportDuplicate(view, other.value, first.value, other.pattern)
  }
  return first?.value
}

function hasHttp(owner: MeshVirtualService): boolean {
  return owner.rules.length > 0
}

/**
 * Hosts of VirtualServices that are no service on this port. They ride along with a service of the same VirtualService,
 * and on port 80 alone too, which is how a host outside of the mesh's registry gets routes.
 */
function otherHosts(view: ProxyView, number: number, onPort: ReadonlyMap<string, MeshService>): readonly OwnedHost[] {
  return view.virtualServices.flatMap((owner) => {
    if (!owner.gateways.includes(meshGateway) || !hasHttp(owner)) return []
    const covered = owner.hosts.map((host) => servicesOf(host, onPort))
    const rest = owner.hosts.filter((_, index) => covered[index]?.length === 0)
    const http = covered.flat().some((service) => isHttpOrDetected(portOf(service, number)?.protocol ?? 'tcp'))
    if (rest.length === 0 || (!http && number !== 80)) return []
    const routes = virtualServiceRoutes(view, owner, meshContext(view, number))
    if (routes.length === 0) return []
    const reference = { kind: 'VirtualService', namespace: owner.namespace, name: owner.name }
    return rest.map((host) => ({
      owner: reference,
      by: owner,
      host: { name: `${host}:${number}`, domains: [host], includeRequestAttemptCount: true, routes },
    }))
  })
}

function servicesOf(host: string, services: ReadonlyMap<string, MeshService>): readonly MeshService[] {
  if (isWildcard(host)) return [...services.values()].filter((service) => hostCovers(host, service.host))
  const service = services.get(host)
  return service === undefined ? [] : [service]
}

/** Envoy refuses a domain that occurs twice; the first one stays, as with Istio. */
function withoutDuplicates(view: ProxyView, hosts: readonly OwnedHost[]): readonly VirtualHost[] {
  const seen = new Map<string, string>()
  return hosts.flatMap(({ host, owner }) => {
    const domains: string[] = []
    for (const domain of host.domains) {
      const taken = seen.get(domain.toLowerCase())
      if (taken === undefined) domains.push(domain)
      else reportDuplicateDomain(view, owner, domain, taken)
      seen.set(domain.toLowerCase(), taken ?? host.name)
    }
    return domains.length === 0 ? [] : [domains.length === host.domains.length ? host : { ...host, domains }]
  })
}

function reportDuplicateDomain(view: ProxyView, resource: ResourceReference, domain: string, taken: string): void {
  const message = `requests to "${domain}" already go to ${taken}: this resource does not get them`
  view.issues.add({ code: 'duplicate-domain', severity: 'warning', resource, message })
}

function reportDuplicate(view: ProxyView, loser: MeshVirtualService, winner: MeshVirtualService, host: string): void {
  view.issues.add({
    code: 'duplicate-host',
    severity: 'warning',
    resource: { kind: 'VirtualService', namespace: loser.namespace, name: loser.name },
    path: 'spec.hosts',
    message: `VirtualService ${winner.namespace}/${winner.name} already routes the host "${host}": this one has no effect on it`,
  })
}
