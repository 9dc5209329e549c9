/** From resource tables to one consistent configuration: what is referred to, what is still missing, and the whole. */
import type { Cluster, ClusterLoadAssignment, FilterChain, Listener, ProxyConfig, RouteConfiguration } from '@heddle/routing'
import type { ResourceTable } from './resource-table.js'

export interface ConfigTables {
  readonly clusters: ResourceTable<Cluster>
  readonly endpoints: ResourceTable<ClusterLoadAssignment>
  readonly listeners: ResourceTable<Listener>
  readonly routes: ResourceTable<RouteConfiguration>
}

/** Names of the load assignments that clusters of type EDS refer to. */
export function referencedEndpoints({ clusters }: ConfigTables): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { value } of clusters.held.values()) if (value.type === 'EDS') names.add(value.edsServiceName ?? value.name)
  return names
}

/** Names of the route configurations that connection managers refer to. */
export function referencedRoutes({ listeners }: ConfigTables): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { value } of listeners.held.values()) for (const chain of chainsOf(value)) addRoute(names, chain)
  return names
}

/** True when everything referred to has arrived or is known not to exist. */
export function isComplete(tables: ConfigTables): boolean {
  return incompleteKinds(tables).length === 0
}

/** Kinds of which something referred to has not arrived yet. */
export function incompleteKinds(tables: ConfigTables): readonly ('endpoints' | 'routes')[] {
  const missing: ('endpoints' | 'routes')[] = []
  if (!arrived(tables.endpoints, referencedEndpoints(tables))) missing.push('endpoints')
  if (!arrived(tables.routes, referencedRoutes(tables))) missing.push('routes')
  return missing
}

export function assembleConfig(tables: ConfigTables): ProxyConfig {
  return {
    listeners: valuesOf(tables.listeners),
    routeConfigurations: valuesOf(tables.routes),
    clusters: valuesOf(tables.clusters),
    endpoints: valuesOf(tables.endpoints),
  }
}

function chainsOf(listener: Listener): readonly FilterChain[] {
  return listener.defaultFilterChain ? [...listener.filterChains, listener.defaultFilterChain] : listener.filterChains
}

function addRoute(names: Set<string>, chain: FilterChain): void {
  for (const filter of chain.filters) {
    if (filter.kind === 'http-connection-manager' && filter.manager.routes.kind === 'rds') names.add(filter.manager.routes.routeConfigName)
  }
}

function arrived(table: ResourceTable<unknown>, names: ReadonlySet<string>): boolean {
  for (const name of names) if (!table.held.has(name) && !table.absent.has(name)) return false
  return true
}

function valuesOf<Value>(table: ResourceTable<Value>): readonly Value[] {
  return [...table.held].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, { value }]) => value)
}
