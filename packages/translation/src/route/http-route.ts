/**
 * VirtualService http rules -> Envoy routes: one route per match, in the order written, until one matches everything.
 * Conditions on the client and the port are decided here; what remains is about the request.
 */
import type { DirectResponseAction, Metadata, Route, RouteMatch } from '@heddle/routing'
import { virtualServiceMetadata } from '../proxy/config-path.js'
import type { ProxyView } from '../proxy/proxy-view.js'
import type { HttpMatchRequest, HttpRoute } from '../resources/virtual-service.js'
import type { MeshVirtualService } from '../snapshot/virtual-services.js'
import { corsPolicy } from './cors-policy.js'
import { faultInjection } from './fault-injection.js'
import type { RuleOwner } from './destination.js'
import { headerChanges, mergeMutations } from './header-mutations.js'
import { redirectAction } from './redirect.js'
import { routeAction } from './route-action.js'
import { everything, isCatchAll, routeMatch } from './route-match.js'
import type { RuleOrigin } from './rule-trace.js'
import { sourceRefusal, type RouteContext } from './source-match.js'

export function virtualServiceRoutes(view: ProxyView, owner: MeshVirtualService, context: RouteContext): readonly Route[] {
  const routes: Route[] = []
  const metadata = virtualServiceMetadata(owner.resource.metadata)
  for (const { rule, name, namespace, path } of owner.rules) {
    const writer = { hosts: owner.hosts, name, namespace }
    const matches: readonly (HttpMatchRequest | undefined)[] = rule.match?.length ? rule.match : [undefined]
    for (const [index, match] of matches.entries()) {
      const origin = originOf(writer, rule, match, match === undefined ? path : `${path}.match[${index}]`)
      const leave = (reason: string): unknown => view.trace?.left.push({ origin, hosts: owner.hosts, port: context.port, reason })
      const last = routes.at(-1)
      if (last !== undefined && isCatchAll(last)) {
        // Envoy would never get there. Going on costs nothing where nobody asks.
        if (view.trace === undefined) return routes
        leave('a rule before it takes every request')
        continue
      }
      const refusal = match === undefined ? undefined : sourceRefusal(match, namespace, context)
      if (refusal !== undefined) {
        leave(refusal)
        continue
      }
      const route = httpRoute({ view, owner, writer, context, metadata, rule, match, path })
      if (route === undefined) {
        leave('no destination has a weight')
        continue
      }
      view.trace?.origins.set(route, origin)
      routes.push(route)
    }
  }
  return routes
}

function originOf({ namespace, name }: RuleOwner, rule: HttpRoute, match: HttpMatchRequest | undefined, path: string): RuleOrigin {
  const names = [rule.name, match?.name].filter((part) => part).join('.')
  return { resource: { kind: 'VirtualService', namespace, name }, path, ...(names === '' ? {} : { name: names }) }
}

export interface RuleInput {
  readonly view: ProxyView
  readonly owner: MeshVirtualService
  /** The resource that the rule is written in: another one when the owner delegates. */
  readonly writer: RuleOwner
  readonly context: RouteContext
  readonly metadata: Metadata
  readonly rule: HttpRoute
  readonly match: HttpMatchRequest | undefined
  /** Of the rule inside its resource. */
  readonly path: string
}

function httpRoute(input: RuleInput): Route | undefined {
  const { rule, match, owner, context, metadata } = input
  const target = routeTarget(input)
  if (target === undefined) return undefined
  const routeMatches = match === undefined ? everything : routeMatch(match)
  const name = [rule.name, match?.name].filter((part) => part).join('.')
  const headers = mergeMutations(headerChanges(rule.headers).headers, target.headers)
  const fault = rule.fault === undefined ? undefined : faultInjection(rule.fault)
  return {
    ...(name === '' ? {} : { name }),
    match: routeMatches,
    action: target.action,
    operation: operationName(target.service ?? `${owner.name}:${context.port}`, routeMatches),
    metadata,
    ...(headers === undefined ? {} : { headers }),
    ...(fault === undefined ? {} : { fault }),
    ...(rule.corsPolicy === undefined ? {} : { cors: corsPolicy(rule.corsPolicy) }),
  }
}

interface Target {
  readonly action: Route['action']
  /** `HOST:PORT` of the only destination. */
  readonly service?: string
  readonly headers?: Route['headers']
}

function routeTarget(input: RuleInput): Target | undefined {
  const { rule, view, writer, path } = input
  if (rule.redirect !== undefined) return { action: redirectAction(rule.redirect, input.context.port, input.context.secure === true) }
  if (rule.directResponse !== undefined) return { action: directResponse(rule.directResponse) }
  const routed = routeAction(input)
  if (routed !== undefined) return routed
  view.issues.add({
    code: 'no-destination',
    severity: 'error',
    resource: { kind: 'VirtualService', namespace: writer.namespace, name: writer.name },
    path: `${path}.route`,
    message: 'no destination has a weight: the rule is left out',
  })
  return undefined
}

function directResponse(response: NonNullable<HttpRoute['directResponse']>): DirectResponseAction {
  const { string: text, bytes } = response.body ?? {}
  const body = text === undefined ? (bytes === undefined ? undefined : { base64: bytes }) : { text }
  return { kind: 'direct-response', status: response.status, ...(body === undefined ? {} : { body }) }
}

/** The name of the span: where the request goes, and the path that chose it. */
function operationName(target: string, match: RouteMatch): string {
  const { path } = match
  if (path.kind === 'connect') return target
  return `${target}${path.kind === 'prefix' ? `${path.value}*` : path.value}`
}
