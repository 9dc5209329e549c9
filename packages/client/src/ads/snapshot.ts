/** From resource tables to one consistent configuration: what is referred to, what is still missing, and the whole. */
import {
  type Cluster,
  type ClusterLoadAssignment,
  type FilterChain,
  type Listener,
  type ProxyConfig,
  type RouteConfiguration,
  type Secret,
  secretReferencesOf,
} from '@heddle/routing'
import type { ResourceTable } from './resource-table.js'

export interface ConfigTables {
  readonly clusters: ResourceTable<Cluster>
  readonly endpoints: ResourceTable<ClusterLoadAssignment>
  readonly listeners: ResourceTable<Listener>
  readonly routes: ResourceTable<RouteConfiguration>
  /** Values that the engine asks for by name; no part of the configuration. */
  readonly secrets: ResourceTable<Secret>
}

export type ConfigKind = 'clusters' | 'endpoints' | 'listeners' | 'routes'

/** A resource that is not in force as it was sent. */
export interface ResourceFault {
  readonly kind: ConfigKind
  readonly name: string
  readonly message: string
}

/** Types that are subscribed by the names which others refer to. */
export type ReferencedKind = 'endpoints' | 'routes' | 'secrets'

export const referencedKinds: readonly ReferencedKind[] = ['endpoints', 'routes', 'secrets']

/** Names of a type that the clusters and listeners refer to: in their newest version, and in the one that is in force. */
export function referencesOf(kind: ReferencedKind, tables: ConfigTables): ReadonlySet<string> {
  return references[kind](tables)
}

const references: Readonly<Record<ReferencedKind, (tables: ConfigTables) => ReadonlySet<string>>> = {
  endpoints({ clusters }) {
    const names = new Set<string>()
    for (const value of valuesIn(clusters)) if (value.type === 'EDS') names.add(value.edsServiceName ?? value.name)
    return names
  },
  routes({ listeners }) {
    const names = new Set<string>()
    for (const value of valuesIn(listeners)) for (const chain of chainsOf(value)) addRoute(names, chain)
    return names
  },
  /** The workload's own agent has the others. */
  secrets: ({ clusters, listeners }) =>
    new Set(secretReferencesOf(valuesIn(listeners), valuesIn(clusters)).flatMap(({ name, source }) => (source === 'ads' ? [name] : []))),
}

/** Kinds of which something referred to has not arrived yet. */
export function incompleteKinds(tables: ConfigTables): readonly ReferencedKind[] {
  return referencedKinds.filter((kind) => !arrived(tables[kind], referencesOf(kind, tables)))
}

/** True when a configuration can be served: secrets are all that may still be missing. */
export function isServable(tables: ConfigTables): boolean {
  return incompleteKinds(tables).every((kind) => kind === 'secrets')
}

/** Of the tables as they are now: the result accepts them, but for what has a fault. */
export function acceptanceOf(tables: ConfigTables): (faults: readonly ResourceFault[]) => void {
  const kinds: readonly ConfigKind[] = ['clusters', 'endpoints', 'listeners', 'routes']
  const snapshots = kinds.map((kind) => [kind, tables[kind].snapshot()] as const)
  return (faults) => {
    for (const [kind, accept] of snapshots) accept(new Set(faults.filter((fault) => fault.kind === kind).map(({ name }) => name)))
  }
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

function* valuesIn<Value>({ held, accepted }: ResourceTable<Value>): Iterable<Value> {
  for (const { value } of held.values()) yield value
  for (const [name, resource] of accepted) if (held.get(name) !== resource) yield resource.value
}

function arrived(table: ResourceTable<unknown>, names: ReadonlySet<string>): boolean {
  for (const name of names) if (!table.held.has(name) && !table.absent.has(name)) return false
  return true
}

function valuesOf<Value>(table: ResourceTable<Value>): readonly Value[] {
  return [...table.held].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, { value }]) => value)
}
