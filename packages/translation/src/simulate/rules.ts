/** The rules that were tried for a request, with their places in resources, and those that have no route on this port. */
import type { RouteTrace, VirtualHost } from '@heddle/routing'
import { hostCovers, narrowerHost } from '../host/host-name.js'
import type { RuleTrace } from '../route/rule-trace.js'
import type { RuleStep } from './simulation.js'

/** @param port that matches are about: a gateway's is the one that its Gateway declares. */
export function ruleSteps(found: RouteTrace, trace: RuleTrace, virtualHost: VirtualHost | undefined, port: number): readonly RuleStep[] {
  const tried = found.steps.map(({ route, refused }, at): RuleStep => {
    const origin = trace.origins.get(route)
    return { origin, name: route.name ?? origin?.path ?? `#${at}`, ...(refused === undefined ? {} : { refused }) }
  })
  const behind = (virtualHost?.routes.slice(found.steps.length) ?? []).map((route): RuleStep => {
    const origin = trace.origins.get(route)
    return { origin, name: route.name ?? origin?.path ?? '', refused: 'a rule before it matched' }
  })
  return [...tried, ...behind, ...leftRules(trace, virtualHost, port)]
}

function leftRules(trace: RuleTrace, virtualHost: VirtualHost | undefined, port: number): readonly RuleStep[] {
  if (virtualHost === undefined) return []
  const names = [virtualHost.name.replace(/:\d+$/, ''), ...virtualHost.domains]
  const seen = new Set<string>()
  return trace.left.flatMap(({ origin, hosts, port: on, reason }) => {
    const key = `${origin.resource.namespace}/${origin.resource.name} ${origin.path}`
    const concerns = on === port && hosts.some((host) => names.some((name) => hostCovers(host, name) || narrowerHost(host, name) === name))
    if (!concerns || seen.has(key)) return []
    seen.add(key)
    return [{ origin, name: origin.name ?? origin.path, refused: reason }]
  })
}
