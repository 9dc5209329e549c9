/** A gateway's listeners: one per port, with a chain per server name where TLS tells servers apart. */
import type { FilterChain, FilterChainMatch, Listener, NetworkFilter } from '@heddle/routing'
import { unroutedAccessLog } from '../filter/access-log.js'
import { gatewayManager } from '../filter/connection-manager.js'
import { tcpRouteFilter } from '../outbound/tcp-route.js'
import { connectTimeoutMs, noted } from '../outbound/service-chains.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { sourceMatches, type RouteContext } from '../route/source-match.js'
import { boundVirtualServices, gatewayReference } from './bound-virtual-services.js'
import { gatewayRouteName } from './gateway-route-name.js'
import { gatewayPorts, sniHosts, type BoundServer, type GatewayPort } from './gateway-servers.js'
import { serverTls } from './server-tls.js'

export function gatewayListeners(view: ProxyView): readonly Listener[] {
  return gatewayPorts(view).flatMap((port) => {
    const filterChains = portChains(view, port)
    return filterChains.length === 0 ? [] : [listener(view, port, filterChains)]
  })
}

function listener(view: ProxyView, { port, bind, servers }: GatewayPort, filterChains: readonly FilterChain[]): Listener {
  const address = bind ?? '0.0.0.0'
  return {
    name: `${address}_${port}`,
    address: { address, port },
    trafficDirection: 'outbound',
    ...(servers.some((bound) => bound.secure) ? { listenerFilters: [{ kind: 'tls-inspector' }] } : {}),
    filterChains,
    ...unroutedAccessLog(view.snapshot.meshConfig),
    maxConnectionsToAcceptPerSocketEvent: 1,
  }
}

function portChains(view: ProxyView, port: GatewayPort): readonly FilterChain[] {
  const [first] = port.servers
  // Plaintext HTTP servers differ by host only, which is the routes' business.
  if (first !== undefined && !first.secure && first.content === 'http') return [httpChain(view, port, first)]
  // Envoy refuses a server name that two chains match on: it belongs to the first.
  const taken = new Set(port.servers.filter((bound) => bound.content !== 'tls-passthrough').flatMap((bound) => sniHosts(bound.server)))
  return port.servers.flatMap((bound) => {
    if (bound.content === 'http') return [httpChain(view, port, bound)]
    return bound.content === 'tls-passthrough' ? passthroughChains(view, bound, taken) : tcpChains(view, bound)
  })
}

function httpChain(view: ProxyView, port: GatewayPort, bound: BoundServer): FilterChain {
  const statPrefix = (bound.secure && bound.server.name) || `outbound_${port.bind ?? '0.0.0.0'}_${port.port}`
  return terminating(bound, [gatewayManager(view, statPrefix, gatewayRouteName(port, bound))])
}

function passthroughChains(view: ProxyView, bound: BoundServer, taken: Set<string>): readonly FilterChain[] {
  const context = gatewayContext(view, bound)
  const chains: FilterChain[] = []
  for (const { owner } of boundVirtualServices(view, bound)) {
    for (const [index, rule] of (owner.spec.tls ?? []).entries()) {
      for (const condition of rule.match ?? []) {
        const serverNames = (condition.sniHosts ?? []).filter((name) => !taken.has(name))
        if (serverNames.length === 0 || !sourceMatches(condition, owner.namespace, context)) continue
        const filter = tcpRouteFilter(view, owner, rule.route ?? [], context.port, `spec.tls[${index}]`)
        if (filter === undefined) continue
        for (const name of serverNames) taken.add(name)
        chains.push(noted(view, owner, `spec.tls[${index}]`, chain([stats, filter], { serverNames })))
      }
    }
  }
  return chains
}

function tcpChains(view: ProxyView, bound: BoundServer): readonly FilterChain[] {
  const context = gatewayContext(view, bound)
  for (const { owner } of boundVirtualServices(view, bound)) {
    for (const [index, rule] of (owner.spec.tcp ?? []).entries()) {
      if (rule.match?.length && !rule.match.some((condition) => sourceMatches(condition, owner.namespace, context))) continue
      const filter = tcpRouteFilter(view, owner, rule.route ?? [], context.port, `spec.tcp[${index}]`)
      if (filter !== undefined)
        return [noted(view, owner, `spec.tcp[${index}]`, terminating(bound, [...peerFilters(bound), stats, filter]))]
    }
  }
  return []
}

/** Peers of the mesh tell who they are; others would not understand. */
function peerFilters({ server }: BoundServer): readonly NetworkFilter[] {
  return server.tls?.mode === 'ISTIO_MUTUAL' ? [{ kind: 'metadata-exchange' }] : []
}

const stats: NetworkFilter = { kind: 'stats', disableHostHeaderFallback: true }

/** Matches on the port that the Gateway declares, not on the one that the workload listens on. */
export function gatewayContext(view: ProxyView, bound: BoundServer): RouteContext {
  return {
    gateways: new Set([gatewayReference(bound)]),
    port: bound.server.port.number,
    secure: bound.server.tls !== undefined,
    labels: view.labels,
    namespace: view.namespace,
  }
}

function terminating({ server, secure, content }: BoundServer, filters: readonly NetworkFilter[]): FilterChain {
  if (!secure || server.tls === undefined) return chain(filters)
  const serverNames = sniHosts(server)
  return { ...chain(filters, serverNames.includes('*') ? undefined : { serverNames }), tls: serverTls(server.tls, content) }
}

function chain(filters: readonly NetworkFilter[], match?: FilterChainMatch): FilterChain {
  return { ...(match === undefined ? {} : { match }), filters, transportSocketConnectTimeoutMs: connectTimeoutMs }
}
