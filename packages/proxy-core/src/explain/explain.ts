/** Runs the choices of a request without sending anything: the same chains, tables and policies, with the reason of each refusal. */
import {
  type ConnectionTraits,
  explainFilterChains,
  normalizePath,
  redirectLocation,
  type Route,
  type RouteAction,
  type RouteRequest,
  type WeightedCluster,
} from '@heddle/routing'
import type { ExplainedCluster, ExplainedOutcome, ExplainRequest, Explanation } from './explanation.js'
import type { FilterChainRuntime, ListenerRuntime } from '../listener/listener-runtime.js'
import { localReplies, type LocalReply } from '../router/local-reply.js'
import type { RouteSet } from '../router/route-set.js'
import type { Snapshot } from '../config/snapshot.js'
import { endpointStats } from '../collect-stats.js'

type Choice = Pick<Explanation, 'path' | 'virtualHost' | 'routes' | 'outcome'>

export function explainRequest(runtime: ListenerRuntime, request: ExplainRequest, snapshot: Snapshot): Explanation {
  const { chain, steps } = explainFilterChains(runtime, traitsOf(runtime, request))
  return { listener: runtime.config.name, filterChains: steps, ...choiceOf(chain, request, snapshot) }
}

function traitsOf({ config }: ListenerRuntime, request: ExplainRequest): ConnectionTraits {
  const { originalDestination = config.address, sourceAddress = '127.0.0.1', tls } = request
  return {
    destinationAddress: originalDestination.address,
    destinationPort: originalDestination.port,
    sourceAddress,
    directSourceAddress: sourceAddress,
    sourcePort: 0,
    serverName: tls?.serverName?.toLowerCase(),
    transportProtocol: tls === undefined ? 'raw_buffer' : 'tls',
    applicationProtocols: tls === undefined ? ['http/1.1'] : (tls.protocols ?? []),
  }
}

function choiceOf(chain: FilterChainRuntime | undefined, request: ExplainRequest, snapshot: Snapshot): Choice {
  const { path = '/' } = request
  const none = { path, virtualHost: undefined, routes: [] }
  const terminal = chain?.terminal
  if (terminal?.kind === 'tcp') {
    const { target } = terminal.proxy
    return { ...none, outcome: { kind: 'tcp', clusters: clustersOf(target, snapshot) } }
  }
  if (terminal?.kind !== 'http') return { ...none, outcome: { kind: 'refused', status: 0, details: 'filter_chain_not_found' } }
  const { config } = terminal.manager
  const normalized = normalizePath(path, config)
  if (normalized === undefined) return { ...none, path: undefined, outcome: refused(localReplies.pathRefused) }
  const routes = terminal.manager.routes()
  if (routes === undefined) return { ...none, path: normalized, outcome: refused(localReplies.noRoute) }
  return routed(routes, requestOf(request, normalized), snapshot)
}

function requestOf({ method = 'GET', authority, headers = {}, tls }: ExplainRequest, path: string): RouteRequest {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  byName.set('host', authority)
  return { method, path, authority, scheme: tls === undefined ? 'http' : 'https', header: (name) => byName.get(name) }
}

function routed(routes: RouteSet, request: RouteRequest, snapshot: Snapshot): Choice {
  const { choice, steps } = routes.table.explain(request)
  const virtualHost = choice.kind === 'no-virtual-host' ? undefined : choice.virtualHost.name
  const shown = steps.map(({ route, refused: reason }, at) => ({
    name: route.name ?? `#${at}`,
    ...(reason === undefined ? {} : { refused: reason }),
  }))
  const outcome = choice.kind === 'matched' ? outcomeOf(choice.route, routes, request, snapshot) : refused(localReplies.noRoute)
  return { path: request.path, virtualHost, routes: shown, outcome }
}

function outcomeOf(route: Route, routes: RouteSet, request: RouteRequest, snapshot: Snapshot): ExplainedOutcome {
  const { action } = route
  const runtime = routes.runtimeOf(route)
  if (action.kind === 'direct-response') return { kind: 'direct-response', status: action.status, route }
  if (action.kind === 'redirect') {
    const location = redirectLocation(action, request, runtime.rewrite)
    return { kind: 'redirect', status: action.responseCode ?? 301, location, route }
  }
  const { retry, timeoutMs } = runtime
  return {
    kind: 'forwarded',
    route,
    path: runtime.rewrite?.(request.path) ?? request.path,
    clusters: clustersOf(action.target, snapshot),
    timeoutMs,
    timeoutFrom: action.timeoutMs === undefined ? 'default' : 'route',
    retries: retry && { on: action.retryPolicy?.retryOn ?? '', max: retry.maxRetries, perTryTimeoutMs: retry.perTryTimeoutMs },
    mirrors: (action.mirrors ?? []).map(({ cluster }) => cluster),
  }
}

function clustersOf(target: RouteAction['target'], snapshot: Snapshot): readonly ExplainedCluster[] {
  const entries: readonly Pick<WeightedCluster, 'name' | 'weight'>[] =
    target.kind === 'cluster' ? [{ name: target.cluster, weight: 1 }] : target.clusters
  const total = entries.reduce((sum, { weight }) => sum + weight, 0)
  return entries.map(({ name, weight }) => {
    const cluster = snapshot.clusters.get(name)
    const endpoints = cluster === undefined ? [] : [...cluster.endpoints].map(endpointStats)
    return { name, share: total === 0 ? 0 : (weight * 100) / total, isKnown: cluster !== undefined, endpoints }
  })
}

function refused({ status, details }: LocalReply): ExplainedOutcome {
  return { kind: 'refused', status, details }
}
