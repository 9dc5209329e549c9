/**
 * From a configuration to what the engine runs, before anything changes. What cannot be compiled keeps the version that runs
 * now, or stays away; everything else is new. Parts that did not change keep their runtime and with it their connections.
 */
import { HeddleError } from '@heddle/base'
import {
  type Cluster,
  type CommonTlsContext,
  type CompileRegex,
  compileStringMatcher,
  type Listener,
  type ProxyConfig,
  type RouteConfiguration,
} from '@heddle/routing'
import { type ApplyIssue, applyIssue, type ResourceKind } from './apply-issue.js'
import { createListenerRuntime, type ListenerRuntime, type TerminalFilter } from '../listener/listener-runtime.js'
import { createRouteSet, type RouteSet } from '../router/route-set.js'
import type { Snapshot } from './snapshot.js'

export interface CompileDeps {
  readonly compileRegex: CompileRegex | undefined
  readonly terminalOf: (chain: Listener['filterChains'][number]) => TerminalFilter
}

export interface CompiledConfig {
  readonly listeners: ReadonlyMap<string, ListenerRuntime>
  readonly routes: ReadonlyMap<string, RouteSet>
  readonly clusters: ReadonlyMap<string, Cluster>
  readonly issues: readonly ApplyIssue[]
}

type Named = Listener | RouteConfiguration | Cluster

export function compileConfig(config: ProxyConfig, previous: Snapshot, deps: CompileDeps): CompiledConfig {
  const issues: ApplyIssue[] = []
  const compileAll = <Resource extends Named, Compiled>(
    kind: ResourceKind,
    resources: readonly Resource[],
    known: (name: string) => { readonly config: Resource; readonly compiled: Compiled } | undefined,
    make: (resource: Resource) => Compiled,
  ): ReadonlyMap<string, Compiled> => {
    const all = new Map<string, Compiled>()
    for (const resource of resources) {
      const { name } = resource
      if (all.has(name)) {
        const twice = new HeddleError({ code: 'HEDDLE_PROXY_CONFIG', message: `${kind} "${name}" is there twice` })
        issues.push(applyIssue(kind, name, twice))
        continue
      }
      const running = known(name)
      let compiled = running?.compiled
      try {
        if (running === undefined || !isSame(running.config, resource)) compiled = make(resource)
      } catch (error) {
        issues.push(applyIssue(kind, name, error))
      }
      if (compiled !== undefined) all.set(name, compiled)
    }
    return all
  }

  const routes = compileAll(
    'route configuration',
    config.routeConfigurations,
    (name) => pair(previous.routes.get(name), (set) => set.table.configuration),
    (route) => createRouteSet(route, deps.compileRegex),
  )
  const listeners = compileAll(
    'listener',
    config.listeners,
    (name) => pair(previous.listeners.get(name), (runtime) => runtime.config),
    (listener) => {
      for (const { tls } of listener.filterChains) checkTls(tls?.common, deps.compileRegex)
      return createListenerRuntime(listener, deps.terminalOf)
    },
  )
  const clusters = compileAll(
    'cluster',
    config.clusters,
    (name) => pair(previous.clusters.get(name)?.config, (cluster) => cluster),
    (cluster) => {
      checkCluster(cluster, deps.compileRegex)
      return cluster
    },
  )
  return { listeners, routes, clusters, issues }
}

/** The snapshot of what is compiled and can be served, without the clusters' runtimes. */
export function snapshotOf(
  config: ProxyConfig,
  { routes, clusters }: Pick<CompiledConfig, 'routes' | 'clusters'>,
  listeners: ReadonlyMap<string, ListenerRuntime>,
): Omit<Snapshot, 'clusters'> {
  const byAddress = new Map<string, ListenerRuntime>()
  for (const runtime of listeners.values()) {
    const { address, useOriginalDst } = runtime.config
    if (useOriginalDst !== true) byAddress.set(`${address.address}:${address.port}`, runtime)
  }
  return {
    config: {
      listeners: [...listeners.values()].map((runtime) => runtime.config),
      routeConfigurations: [...routes.values()].map(({ table }) => table.configuration),
      clusters: [...clusters.values()],
      endpoints: config.endpoints,
    },
    listeners,
    byAddress,
    routes,
    assignments: new Map(config.endpoints.map((assignment) => [assignment.clusterName, assignment])),
  }
}

export function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function pair<Compiled, Resource>(
  compiled: Compiled | undefined,
  configOf: (compiled: Compiled) => Resource,
): { readonly config: Resource; readonly compiled: Compiled } | undefined {
  return compiled === undefined ? undefined : { config: configOf(compiled), compiled }
}

/** Expressions in expected names are compiled at the first handshake; that they can be is found out here. */
function checkTls(common: CommonTlsContext | undefined, compileRegex: CompileRegex | undefined): void {
  for (const matcher of common?.validation?.matchSubjectAltNames ?? []) compileStringMatcher(matcher, compileRegex)
}

function checkCluster({ transportSocket, transportSocketMatches = [] }: Cluster, compileRegex: CompileRegex | undefined): void {
  for (const socket of [transportSocket, ...transportSocketMatches.map((match) => match.transportSocket)])
    if (socket?.kind === 'tls') checkTls(socket.tls.common, compileRegex)
}
