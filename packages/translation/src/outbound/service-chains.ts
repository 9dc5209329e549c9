/** The filter chains for one service address that is not HTTP by declaration: VirtualService tcp and tls routes, else the service. */
import type { FilterChain, FilterChainMatch, NetworkFilter } from '@heddle/routing'
import { outboundName } from '../cluster/cluster-name.js'
import { tcpProxy } from '../filter/tcp-proxy.js'
import { virtualServiceMetadata } from '../proxy/config-path.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import { sourceMatches, type RouteContext } from '../route/source-match.js'
import { isTls } from '../snapshot/port-protocol.js'
import type { MeshPort, MeshService } from '../snapshot/mesh-service.js'
import { meshGateway } from '../host/gateway-name.js'
import type { MeshVirtualService } from '../snapshot/virtual-services.js'
import { cidrRange } from './cidr-range.js'
import { tcpSettings, tcpRouteFilter } from './tcp-route.js'

export const connectTimeoutMs = 15_000

const meshGateways: ReadonlySet<string> = new Set([meshGateway])

export function meshContext(view: ProxyView, port: number): RouteContext {
  return { gateways: meshGateways, port, labels: view.labels, namespace: view.namespace }
}

/** How a service is told from others on a listener that it shares. */
export interface ChainPlace {
  /** The server name tells it. */
  readonly byName: boolean
  /** The block of destinations tells it. */
  readonly block: string | undefined
}

const ownAddress: ChainPlace = { byName: false, block: undefined }

export function serviceChains(
  view: ProxyView,
  service: MeshService,
  port: MeshPort,
  place: ChainPlace = ownAddress,
): readonly FilterChain[] {
  // In the order of the VirtualServices: here a narrower host has no precedence with istiod.
  const owners = [...new Set(view.meshRoutes.covering(service.host).map((entry) => entry.value))].toSorted(
    (left, right) => left.order - right.order,
  )
  const chains = isTls(port.protocol) ? tlsChains(view, owners, port, place) : tcpChains(view, owners, port, place)
  if (isTls(port.protocol) ? chains.length > 0 : chains.some((chain) => isWhole(chain, place))) return chains
  const cluster = outboundName(port.number, '', service.host)
  const filter = tcpProxy(view.snapshot.meshConfig, cluster, tcpSettings(view, service, '', port.number))
  return [...chains, chain(filter, placeMatch(place, isTls(port.protocol) ? service.host : undefined))]
}

function placeMatch({ byName, block }: ChainPlace, host: string | undefined): FilterChainMatch | undefined {
  const match = { ...subnetMatch(block === undefined ? [] : [block]), ...(byName && host !== undefined ? { serverNames: [host] } : {}) }
  return Object.keys(match).length === 0 ? undefined : match
}

/** Whether a chain takes whatever comes to the service's place. */
function isWhole({ match }: FilterChain, { block }: ChainPlace): boolean {
  return match === undefined || (block !== undefined && JSON.stringify(match.prefixRanges) === JSON.stringify([cidrRange(block)]))
}

/** Envoy refuses a server name that two chains match on: it belongs to the first. */
function tlsChains(view: ProxyView, owners: readonly MeshVirtualService[], port: MeshPort, { block }: ChainPlace): readonly FilterChain[] {
  const own = block === undefined ? [] : [block]
  const chains: FilterChain[] = []
  const taken = new Set<string>()
  const context = meshContext(view, port.number)
  for (const owner of owners) {
    for (const [index, rule] of (owner.spec.tls ?? []).entries()) {
      const path = `spec.tls[${index}]`
      for (const condition of rule.match ?? []) {
        if (!sourceMatches(condition, owner.namespace, context)) continue
        const subnets = condition.destinationSubnets?.length ? condition.destinationSubnets : own
        const serverNames = untaken(taken, condition.sniHosts ?? [], subnets)
        const filter = tcpRouteFilter(view, owner, rule.route ?? [], port.number, path)
        if (serverNames.length > 0 && filter !== undefined)
          chains.push(noted(view, owner, path, chain(filter, { ...subnetMatch(subnets), serverNames }, owner)))
      }
    }
  }
  return chains
}

/** Those of `values` that no earlier call had together with one of the same `scope`; they are taken from now on. */
function untaken(taken: Set<string>, values: readonly string[], scope: readonly string[]): readonly string[] {
  const free = values.filter((value) => !taken.has(`${value}|${scope.join(',')}`))
  for (const value of free) taken.add(`${value}|${scope.join(',')}`)
  return free
}

/** Ends at the first route without a condition on the destination: nothing behind it could be reached. */
function tcpChains(view: ProxyView, owners: readonly MeshVirtualService[], port: MeshPort, { block }: ChainPlace): readonly FilterChain[] {
  const own = block === undefined ? [] : [block]
  const chains: FilterChain[] = []
  const taken = new Set<string>()
  const context = meshContext(view, port.number)
  for (const owner of owners) {
    for (const [index, rule] of (owner.spec.tcp ?? []).entries()) {
      const path = `spec.tcp[${index}]`
      const conditions = (rule.match ?? []).filter((condition) => sourceMatches(condition, owner.namespace, context))
      if (rule.match?.length && conditions.length === 0) continue
      const filter = tcpRouteFilter(view, owner, rule.route ?? [], port.number, path)
      if (filter === undefined) continue
      if (conditions.length === 0 || conditions.some((condition) => !condition.destinationSubnets?.length)) {
        return [...chains, noted(view, owner, path, chain(filter, subnetMatch(own), owner))]
      }
      const subnets = untaken(taken, [...new Set(conditions.flatMap((condition) => condition.destinationSubnets ?? []))], [])
      if (subnets.length > 0) chains.push(noted(view, owner, path, chain(filter, subnetMatch(subnets))))
    }
  }
  return chains
}

/** The chain, with its origin written down for whoever asks. */
export function noted(view: ProxyView, { namespace, name }: MeshVirtualService, path: string, made: FilterChain): FilterChain {
  view.trace?.origins.set(made, { resource: { kind: 'VirtualService', namespace, name }, path })
  return made
}

function subnetMatch(subnets: readonly string[] | undefined): FilterChainMatch | undefined {
  return subnets?.length ? { prefixRanges: subnets.map(cidrRange) } : undefined
}

function chain(filter: NetworkFilter, match?: FilterChainMatch, owner?: MeshVirtualService): FilterChain {
  return {
    ...(match === undefined ? {} : { match }),
    filters: [{ kind: 'stats' }, filter],
    transportSocketConnectTimeoutMs: connectTimeoutMs,
    ...(owner === undefined ? {} : { metadata: virtualServiceMetadata(owner.resource.metadata) }),
  }
}
