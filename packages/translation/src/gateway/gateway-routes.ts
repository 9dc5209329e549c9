/**
 * A gateway's routes: a virtual host per host that its servers and VirtualServices share. Several VirtualServices for one
 * host add up, catch-alls last; hosts with the same routes share a virtual host.
 */
import type { Route, RouteConfiguration, VirtualHost } from '@heddle/routing'
import { isWildcard } from '../host/host-name.js'
import { routeConfiguration } from '../outbound/outbound-routes.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { virtualServiceRoutes } from '../route/http-route.js'
import { isCatchAll } from '../route/route-match.js'
import { compareText } from '../snapshot/age.js'
import { boundVirtualServices } from './bound-virtual-services.js'
import { gatewayContext } from './gateway-listeners.js'
import { gatewayRouteName } from './gateway-route-name.js'
import { gatewayPorts, type BoundServer } from './gateway-servers.js'

export function gatewayRoutes(view: ProxyView): readonly RouteConfiguration[] {
  const servers = new Map<string, BoundServer[]>()
  for (const port of gatewayPorts(view)) {
    for (const bound of port.servers) {
      if (bound.content !== 'http') continue
      const name = gatewayRouteName(port, bound)
      servers.set(name, [...(servers.get(name) ?? []), bound])
    }
  }
  return [...servers].map(([name, bound]) => routeConfiguration(name, virtualHosts(view, bound)))
}

/** The routes of one host while they are collected. */
interface HostRoutes {
  readonly routes: readonly Route[]
  /** What the routes are made of: equal for hosts whose routes are equal. */
  readonly origin: string
  readonly redirects: boolean
}

function virtualHosts(view: ProxyView, servers: readonly BoundServer[]): readonly VirtualHost[] {
  const hosts = new Map<string, HostRoutes>()
  for (const bound of servers) addServer(view, hosts, bound)
  const port = servers[0]?.server.port.number ?? 0
  // Without routes Envoy answers 404 to everything.
  if (hosts.size === 0) return [{ name: `blackhole:${port}`, domains: ['*'], routes: [] }]
  return collapse(hosts, port)
}

function addServer(view: ProxyView, hosts: Map<string, HostRoutes>, bound: BoundServer): void {
  const redirects = bound.server.tls?.httpsRedirect === true
  for (const { owner, hosts: shared } of boundVirtualServices(view, bound)) {
    const context = gatewayContext(view, bound)
    const routes = virtualServiceRoutes(view, owner, context)
    if (routes.length === 0) continue
    const origin = `${owner.namespace}/${owner.name}:${context.port}`
    for (const host of shared) {
      const known = hosts.get(host)
      if (known === undefined) hosts.set(host, { routes, origin, redirects })
      else if (!known.origin.split(',').includes(origin)) {
        hosts.set(host, {
          routes: catchAllsLast([...known.routes, ...routes]),
          origin: `${known.origin},${origin}`,
          redirects: known.redirects || redirects,
        })
      }
    }
  }
  if (!redirects) return
  // A host redirects even when nothing is routed there. Istio takes the server's host here as it is written, namespace included.
  for (const written of bound.server.hosts) {
    const host = qualified(written, bound.gatewayNamespace)
    const known = hosts.get(host)
    hosts.set(host, known === undefined ? { routes: [], origin: '', redirects } : { ...known, redirects })
  }
}

/** `./HOST` is in the Gateway's own namespace, `*` in front means any. */
function qualified(host: string, namespace: string): string {
  const lower = host.toLowerCase()
  if (lower.startsWith('*/')) return lower.slice(2)
  return lower.startsWith('./') ? `${namespace}${lower.slice(1)}` : lower
}

function catchAllsLast(routes: readonly Route[]): readonly Route[] {
  return [...routes.filter((route) => !isCatchAll(route)), ...routes.filter(isCatchAll)]
}

function collapse(hosts: ReadonlyMap<string, HostRoutes>, port: number): readonly VirtualHost[] {
  const groups = new Map<string, { readonly domains: string[]; readonly entry: HostRoutes }>()
  for (const [host, entry] of [...hosts].toSorted(([left], [right]) => byLength(left, right))) {
    const key = entry.routes.length === 0 ? host : `${entry.origin}|${entry.redirects}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { domains: [host], entry })
    else group.domains.push(host)
  }
  return [...groups.values()]
    .map(({ domains, entry }) => ({
      name: `${domains[0] ?? ''}:${port}`,
      domains,
      routes: entry.routes,
      includeRequestAttemptCount: true,
      ...(entry.redirects ? ({ requireTls: 'ALL' } as const) : {}),
    }))
    .toSorted((left, right) => compareText(left.name, right.name))
}

/** Names before wildcards, longer before shorter: the first names the shared virtual host. */
function byLength(left: string, right: string): number {
  if (isWildcard(left) !== isWildcard(right)) return isWildcard(left) ? 1 : -1
  return right.length - left.length || compareText(left, right)
}
