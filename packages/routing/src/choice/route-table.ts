/** One route configuration, compiled once per configuration change: which virtual host and which route a request meets, and why. */
import { createDomainIndex, withoutPort } from '../match/domain-index.js'
import type { CompileRegex } from '../match/linear-regex.js'
import { compileConditions, type Condition } from '../match/route-matcher.js'
import { pathOnly, type RouteRequest } from '../match/route-request.js'
import type { Route, RouteConfiguration, VirtualHost } from '../model/route.js'

export type RouteChoice =
  | { readonly kind: 'matched'; readonly virtualHost: VirtualHost; readonly route: Route }
  | { readonly kind: 'no-route'; readonly virtualHost: VirtualHost }
  | { readonly kind: 'no-virtual-host' }

/** A choice with every route that was looked at before it. */
export interface RouteTrace {
  readonly choice: RouteChoice
  readonly steps: readonly RouteTraceStep[]
}

export interface RouteTraceStep {
  readonly route: Route
  /** Why the route was passed over; absent for the one that matched. */
  readonly refused?: string
}

export interface RouteTable {
  readonly configuration: RouteConfiguration
  /** Allocates nothing: choices are made when the table is compiled. */
  choose(request: RouteRequest): RouteChoice
  /** The same choice, with its reasons. */
  explain(request: RouteRequest): RouteTrace
  /** Domains that an earlier virtual host had taken. */
  readonly duplicateDomains: readonly string[]
}

export interface RouteTableOptions {
  /** Needed when the configuration has a regex matcher. */
  readonly compileRegex?: CompileRegex
}

interface CompiledRoute {
  readonly conditions: readonly Condition[]
  readonly choice: RouteChoice & { readonly kind: 'matched' }
}

interface CompiledHost {
  readonly routes: readonly CompiledRoute[]
  /** Those that a request without a path may meet: only a CONNECT has none. */
  readonly connectRoutes: readonly CompiledRoute[]
  readonly noRoute: RouteChoice
}

const noVirtualHost: RouteChoice = { kind: 'no-virtual-host' }

/** @throws HEDDLE_ROUTING_REGEX_UNAVAILABLE, HEDDLE_ROUTING_REGEX_INVALID */
export function compileRouteConfiguration(configuration: RouteConfiguration, options: RouteTableOptions = {}): RouteTable {
  const hosts = createDomainIndex(domainsOf(configuration, options.compileRegex))
  const hostOf = (request: RouteRequest): CompiledHost | undefined =>
    hosts.find(configuration.ignorePortInHostMatching ? withoutPort(request.authority) : request.authority)
  return {
    configuration,
    duplicateDomains: hosts.duplicates,
    choose(request) {
      const host = hostOf(request)
      return host ? chooseRoute(host, request) : noVirtualHost
    },
    explain(request) {
      const host = hostOf(request)
      return host ? explainRoute(host, request) : { choice: noVirtualHost, steps: [] }
    },
  }
}

function* domainsOf(configuration: RouteConfiguration, compileRegex?: CompileRegex): Generator<readonly [string, CompiledHost]> {
  for (const virtualHost of configuration.virtualHosts) {
    const routes = virtualHost.routes.map((route): CompiledRoute => ({
      conditions: compileConditions(route.match, compileRegex),
      choice: { kind: 'matched', virtualHost, route },
    }))
    const connectRoutes = routes.filter(({ choice }) => choice.route.match.path.kind === 'connect')
    const compiled: CompiledHost = { routes, connectRoutes, noRoute: { kind: 'no-route', virtualHost } }
    for (const domain of virtualHost.domains) yield [domain, compiled]
  }
}

function chooseRoute(host: CompiledHost, request: RouteRequest): RouteChoice {
  const path = pathOnly(request.path)
  const routes = path === '' ? host.connectRoutes : host.routes
  for (const route of routes) if (firstFailing(route, request, path) === undefined) return route.choice
  return host.noRoute
}

function explainRoute(host: CompiledHost, request: RouteRequest): RouteTrace {
  const path = pathOnly(request.path)
  const steps: RouteTraceStep[] = []
  for (const { conditions, choice } of host.routes) {
    const failing = firstFailing({ conditions, choice }, request, path)
    if (path === '' && choice.route.match.path.kind !== 'connect') {
      steps.push({ route: choice.route, refused: 'the request has no path, the route is not for CONNECT' })
      continue
    }
    if (!failing) return { choice, steps: [...steps, { route: choice.route }] }
    steps.push({ route: choice.route, refused: failing.explain(request, path) })
  }
  return { choice: host.noRoute, steps }
}

function firstFailing(route: CompiledRoute, request: RouteRequest, path: string): Condition | undefined {
  for (const condition of route.conditions) if (!condition.holds(request, path)) return condition
  return undefined
}
