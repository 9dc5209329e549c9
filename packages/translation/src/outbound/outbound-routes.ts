/**
 * A sidecar's routes: one configuration per HTTP port with a virtual host per service, and one per port whose protocol is
 * detected. VirtualServices of the mesh take the place of a service's own route; the oldest of two for one host wins.
 */
import type { Route, RouteConfiguration, VirtualHost } from '@heddle/routing'
import { bySpecificity, hostCovers, isWildcard } from '../host/host-name.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { defaultServiceRoute, unknownHosts } from '../route/default-route.js'
import { virtualServiceRoutes } from '../route/http-route.js'
import { serviceDomains } from '../route/virtual-host-domains.js'
import { compareText } from '../snapshot/age.js'
import { isHttpOrDetected } from '../snapshot/port-protocol.js'
import { portOf, type MeshPort, type MeshService } from '../snapshot/mesh-service.js'
import { meshGateway, type MeshVirtualService } from '../snapshot/virtual-services.js'
import { detectedRouteName } from './outbound-listeners.js'
import { outboundPorts } from './outbound-ports.js'
import { meshContext } from './service-chains.js'

/** Bytes of a direct response's body that Istio allows. */
export const maxDirectResponseBytes = 1_048_576

export function outboundRoutes(view: ProxyView): readonly RouteConfiguration[] {
  const ports = outboundPorts(view)
  const detected = new Map(
    ports.addressed.filter(({ port }) => port.protocol === 'auto').map((target) => [detectedRouteName(target), target]),
  )
  return [
    ...ports.http.map((port) => portRoutes(view, port)),
    ...[...detected].map(([name, { service, port }]) =>
      routeConfiguration(name, [{ ...serviceHost(view, service, port), domains: ['*'] }]),
    ),
  ]
}

export function routeConfiguration(name: string, virtualHosts: readonly VirtualHost[]): RouteConfiguration {
  return { name, virtualHosts, ignorePortInHostMatching: true, maxDirectResponseBodySizeBytes: maxDirectResponseBytes }
}

function portRoutes(view: ProxyView, number: number): RouteConfiguration {
  const hosts: VirtualHost[] = []
  for (const service of view.services) {
    const port = portOf(service, number)
    if (port !== undefined && isHttpOrDetected(port.protocol)) hosts.push(serviceHost(view, service, port))
  }
  hosts.push(...otherHosts(view, number))
  hosts.sort((left, right) => compareText(left.name, right.name))
  const allowAny = view.snapshot.meshConfig.outboundTrafficPolicy === 'ALLOW_ANY'
  return routeConfiguration(String(number), [...withoutDuplicates(view, hosts), unknownHosts(allowAny)])
}

function serviceHost(view: ProxyView, service: MeshService, port: MeshPort): VirtualHost {
  return {
    name: `${service.host}:${port.number}`,
    domains: serviceDomains(view, service),
    includeRequestAttemptCount: true,
    routes: serviceRoutes(view, service, port),
  }
}

function serviceRoutes(view: ProxyView, service: MeshService, port: MeshPort): readonly Route[] {
  const owner = virtualServiceOf(view, service.host)
  const routes = owner === undefined ? [] : virtualServiceRoutes(view, owner, meshContext(view, port.number))
  return routes.length > 0 ? routes : [defaultServiceRoute(view, service, port)]
}

/** The most specific VirtualService with HTTP rules for a host, the oldest of equals; the others are reported. */
function virtualServiceOf(view: ProxyView, host: string): MeshVirtualService | undefined {
  const covering = meshOwners(view)
    .flatMap((owner) => owner.hosts.filter((pattern) => hostCovers(pattern, host)).map((pattern) => ({ owner, pattern })))
    .toSorted((left, right) => bySpecificity(left.pattern, right.pattern))
  const [first, ...others] = covering
  for (const other of others) {
    if (other.pattern === first?.pattern && other.owner !== first.owner) reportDuplicate(view, other.owner, first.owner, other.pattern)
  }
  return first?.owner
}

function meshOwners(view: ProxyView): readonly MeshVirtualService[] {
  return view.virtualServices.filter((owner) => owner.gateways.includes(meshGateway) && (owner.resource.spec.http?.length ?? 0) > 0)
}

/**
 * Hosts of VirtualServices that are no service on this port. They ride along with a service of the same VirtualService,
 * and on port 80 alone too, which is how a host outside of the mesh's registry gets routes.
 */
function otherHosts(view: ProxyView, number: number): readonly VirtualHost[] {
  return meshOwners(view).flatMap((owner) => {
    const onPort = view.services.filter((service) => portOf(service, number) !== undefined)
    const covered = onPort.filter((service) => owner.hosts.some((host) => hostCovers(host, service.host)))
    const http = covered.some((service) => isHttpOrDetected(portOf(service, number)?.protocol ?? 'tcp'))
    if (!http && number !== 80) return []
    const rest = owner.hosts.filter(
      (host) => !onPort.some((service) => (isWildcard(host) ? hostCovers(host, service.host) : host === service.host)),
    )
    if (rest.length === 0) return []
    const routes = virtualServiceRoutes(view, owner, meshContext(view, number))
    if (routes.length === 0) return []
    return rest.map((host) => ({ name: `${host}:${number}`, domains: [host], includeRequestAttemptCount: true, routes }))
  })
}

/** Envoy refuses a domain that occurs twice; the first one stays, as with Istio. */
export function withoutDuplicates(view: ProxyView, hosts: readonly VirtualHost[]): readonly VirtualHost[] {
  const seen = new Map<string, string>()
  return hosts.flatMap((host) => {
    const domains = host.domains.filter((domain) => !seen.has(domain.toLowerCase()))
    for (const domain of domains) seen.set(domain.toLowerCase(), host.name)
    return domains.length === 0 ? [] : [domains.length === host.domains.length ? host : { ...host, domains }]
  })
}

function reportDuplicate(view: ProxyView, loser: MeshVirtualService, winner: MeshVirtualService, host: string): void {
  view.issues.add({
    code: 'duplicate-host',
    severity: 'warning',
    resource: { kind: 'VirtualService', namespace: loser.namespace, name: loser.name },
    path: 'spec.hosts',
    message: `VirtualService ${winner.namespace}/${winner.name} is older and already routes the host "${host}": this one has no effect on it`,
  })
}
