/** One route configuration ready to serve: the table of `@heddle/routing` and, for each route, what the router needs of it. */
import {
  type CompileRegex,
  compilePathRewrite,
  compileRouteConfiguration,
  type HeaderMutations,
  type MirrorPolicy,
  type RewritePath,
  type Route,
  type RouteConfiguration,
  type RouteTable,
  type UpgradePolicy,
} from '@heddle/routing'
import { compileCors } from '../filters/cors.js'
import { compileFault } from '../filters/fault.js'
import type { RouteFilterConfigs } from '../filters/route-filters.js'
import { directReply, type LocalReply } from './local-reply.js'
import { compileHashPolicies, type RequestHash } from './request-hash.js'
import { compileRetryPolicy, type RetryRuntime } from './retry-policy.js'
import { withWireTexts } from './wire-texts.js'

export interface RouteRuntime {
  readonly route: Route
  readonly rewrite: RewritePath | undefined
  readonly retry: RetryRuntime | undefined
  /** Of a route that answers by itself. */
  readonly directReply: LocalReply | undefined
  /** 0: none. */
  readonly timeoutMs: number
  readonly headers: HeaderMutations | undefined
  /** A CONNECT ends here, and its bytes go to the endpoint as they are. */
  readonly terminatesConnect: boolean
  /** Endpoints that have a name are asked by it. */
  readonly rewritesHost: boolean
  /** Undefined without a hash policy. */
  readonly hash: RequestHash | undefined
  /** Undefined when it configures no filter. */
  readonly filters: RouteFilterConfigs | undefined
  /** Undefined without any. */
  readonly mirrors: readonly MirrorPolicy[] | undefined
}

export interface RouteSet {
  readonly table: RouteTable
  runtimeOf(route: Route): RouteRuntime
}

const defaultTimeoutMs = 15_000

/** @throws HEDDLE_ROUTING_REGEX_UNAVAILABLE, HEDDLE_ROUTING_REGEX_INVALID, HEDDLE_PROXY_WIRE_TEXT */
export function createRouteSet(given: RouteConfiguration, compileRegex: CompileRegex | undefined): RouteSet {
  const configuration = withWireTexts(given)
  const table = compileRouteConfiguration(configuration, compileRegex ? { compileRegex } : {})
  const runtimes = new Map<Route, RouteRuntime>()
  for (const { routes } of configuration.virtualHosts) for (const route of routes) runtimes.set(route, compileRoute(route, compileRegex))
  return { table, runtimeOf: (route) => runtimes.get(route) ?? compileRoute(route, compileRegex) }
}

function compileRoute(route: Route, compileRegex: CompileRegex | undefined): RouteRuntime {
  const { action } = route
  const rewrite = action.kind === 'direct-response' ? undefined : compilePathRewrite(route.match.path, action, compileRegex)
  const timeoutMs = action.kind === 'route' ? (action.timeoutMs ?? defaultTimeoutMs) : 0
  return {
    route,
    rewrite,
    retry: action.kind === 'route' ? compileRetryPolicy(action.retryPolicy, timeoutMs) : undefined,
    directReply: action.kind === 'direct-response' ? directReply(action) : undefined,
    timeoutMs,
    headers: route.headers,
    terminatesConnect: action.kind === 'route' && action.upgrades?.some(isTerminatedConnect) === true,
    rewritesHost: action.kind === 'route' && action.autoHostRewrite === true && action.hostRewriteLiteral === undefined,
    hash: action.kind === 'route' ? compileHashPolicies(action.hashPolicy) : undefined,
    filters: compileFilters(route, compileRegex),
    mirrors: action.kind === 'route' && action.mirrors?.length ? action.mirrors : undefined,
  }
}

function isTerminatedConnect({ type, terminatesConnect }: UpgradePolicy): boolean {
  return terminatesConnect === true && type.toLowerCase() === 'connect'
}

/** As in Envoy CORS is for routes that forward, faults are for all. */
function compileFilters(
  { fault: faultConfig, cors: corsConfig, action }: Route,
  compileRegex: CompileRegex | undefined,
): RouteFilterConfigs | undefined {
  const fault = compileFault(faultConfig, compileRegex)
  const cors = action.kind === 'route' ? compileCors(corsConfig, compileRegex) : undefined
  return fault === undefined && cors === undefined ? undefined : { fault, cors }
}
