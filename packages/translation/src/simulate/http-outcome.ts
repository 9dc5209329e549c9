/** What a connection manager makes of a request: path, virtual host, route and its action, as the engine takes these steps. */
import {
  compilePathRewrite,
  compileRouteConfiguration,
  normalizePath,
  redirectLocation,
  type CompileRegex,
  type HttpConnectionManager,
  type ProxyConfig,
  type Route,
  type RouteAction,
  type RouteConfiguration,
  type RouteRequest,
  type VirtualHost,
} from '@heddle/routing'
import type { RuleTrace } from '../route/rule-trace.js'
import { backendsOf, type BackendContext } from './backends.js'
import { ruleSteps } from './rules.js'
import type { ForwardedRequest, Simulation, SimulatedOutcome } from './simulation.js'

export interface HttpInput extends BackendContext {
  readonly manager: HttpConnectionManager
  readonly trace: RuleTrace
  readonly compileRegex: CompileRegex
  readonly request: RouteRequest
  /** The port that matches are about. */
  readonly rulePort: number
}

export type HttpPart = Pick<Simulation, 'routeConfiguration' | 'virtualHost' | 'rules' | 'rule' | 'outcome'> & {
  readonly path: string | undefined
}

export function httpOutcome(input: HttpInput): HttpPart {
  const { manager, config, request } = input
  const path = normalizePath(request.path, manager)
  if (path === undefined) return { path, rules: [], outcome: refused(400, 'the path has an escape that is not allowed') }
  const configuration = routesOf(manager, config)
  if (configuration === undefined) return { path, rules: [], outcome: refused(404, 'there are no routes') }
  return { path, ...routed(input, configuration, { ...request, path, header: (name) => request.header(name) }) }
}

function routesOf({ routes }: HttpConnectionManager, { routeConfigurations }: ProxyConfig): RouteConfiguration | undefined {
  if (routes.kind === 'inline') return routes.routeConfiguration
  return routeConfigurations.find(({ name }) => name === routes.routeConfigName)
}

function routed(input: HttpInput, configuration: RouteConfiguration, request: RouteRequest): Omit<HttpPart, 'path'> {
  const { compileRegex, trace, rulePort } = input
  const found = compileRouteConfiguration(configuration, { compileRegex }).explain(request)
  const { choice } = found
  if (choice.kind === 'no-virtual-host') {
    const outcome = refused(404, `no virtual host is for "${request.authority}"`)
    return { routeConfiguration: configuration.name, rules: [], outcome }
  }
  const { virtualHost } = choice
  const common = {
    routeConfiguration: configuration.name,
    virtualHost: { name: virtualHost.name, domains: virtualHost.domains },
    rules: ruleSteps(found, trace, virtualHost, rulePort),
  }
  if (demandsTls(virtualHost, request)) {
    const location = `https://${request.authority}${request.path}`
    return { ...common, outcome: { kind: 'redirect', status: 301, location } }
  }
  if (choice.kind === 'no-route') return { ...common, outcome: refused(404, 'no rule matches') }
  const rule = trace.origins.get(choice.route)
  return { ...common, ...(rule === undefined ? {} : { rule }), outcome: outcomeOf(input, choice.route, request) }
}

function demandsTls({ requireTls }: VirtualHost, request: RouteRequest): boolean {
  return requireTls !== undefined && (request.header('x-forwarded-proto') ?? request.scheme) !== 'https'
}

function outcomeOf(input: HttpInput, route: Route, request: RouteRequest): SimulatedOutcome {
  const { action, match } = route
  if (action.kind === 'direct-response') {
    const { body, status } = action
    const text = body === undefined ? undefined : 'text' in body ? body.text : `(base64) ${body.base64}`
    return { kind: 'direct-response', status, ...(text === undefined ? {} : { body: text }) }
  }
  if (action.kind === 'redirect') {
    const rewrite = compilePathRewrite(match.path, action, input.compileRegex)
    return { kind: 'redirect', status: action.responseCode ?? 301, location: redirectLocation(action, request, rewrite) }
  }
  return forwarded(input, route, action, request)
}

function forwarded(input: HttpInput, route: Route, action: RouteAction, request: RouteRequest): ForwardedRequest {
  const { retryPolicy, timeoutMs = 15_000, hostRewriteLiteral } = action
  const rewrite = compilePathRewrite(route.match.path, action, input.compileRegex)
  return {
    kind: 'forwarded',
    backends: backendsOf(input, action.target),
    path: rewrite?.(request.path) ?? request.path,
    authority: hostRewriteLiteral ?? request.authority,
    timeoutMs,
    retries: retryPolicy && {
      attempts: retryPolicy.numRetries ?? 1,
      on: retryPolicy.retryOn,
      ...(retryPolicy.perTryTimeoutMs === undefined ? {} : { perTryTimeoutMs: retryPolicy.perTryTimeoutMs }),
    },
    ...(route.headers === undefined ? {} : { headers: route.headers }),
    mirrors: (action.mirrors ?? []).map(({ cluster, fraction }) => ({ cluster, percent: percentOf(fraction) })),
    ...(route.fault === undefined ? {} : { fault: route.fault }),
    ...(route.cors === undefined ? {} : { cors: route.cors }),
  }
}

const parts = { HUNDRED: 1, TEN_THOUSAND: 100, MILLION: 10_000 } as const

export function percentOf(fraction: { readonly numerator: number; readonly denominator: keyof typeof parts } | undefined): number {
  return fraction === undefined ? 100 : fraction.numerator / parts[fraction.denominator]
}

function refused(status: number, reason: string): SimulatedOutcome {
  return { kind: 'refused', status, reason }
}
