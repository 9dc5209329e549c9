/**
 * VirtualServices without hosts, to which the rules of others delegate. In place of a delegating rule come the rules of its
 * delegate: each with conditions that lie within those of the delegating rule, and with what only the latter says (timeout,
 * retries, headers and so on). A delegate does not delegate again.
 */
import { resolveGateway } from '../host/gateway-name.js'
import { resolveHost } from '../host/host-name.js'
import { isVisible } from '../host/visibility.js'
import type { TranslationIssue } from '../issue/translation-issue.js'
import type { HttpRoute, VirtualService } from '../resources/virtual-service.js'
import { defined } from '../resources/defined.js'
import { joined, mergeMatches } from './delegated-match.js'

/** An http rule and the resource that it is written in, whose namespace its short names belong to. */
export interface MeshRule {
  readonly rule: HttpRoute
  readonly name: string
  readonly namespace: string
  /** Inside that resource, such as `spec.http[0]`. */
  readonly path: string
}

/** By `NAMESPACE/NAME`. */
export type Delegates = ReadonlyMap<string, VirtualService>

export function indexDelegates(resources: readonly VirtualService[]): Delegates {
  const delegates = resources.filter(({ spec }) => !spec?.hosts?.length)
  return new Map(delegates.map((resource) => [`${resource.metadata.namespace ?? 'default'}/${resource.metadata.name ?? ''}`, resource]))
}

/** The rules that a delegating one stands for; none, and an issue, when it leads nowhere. */
export function delegatedRules(
  from: MeshRule,
  delegates: Delegates,
  clusterDomain: string,
  issues: TranslationIssue[],
): readonly MeshRule[] {
  const namespace = from.rule.delegate?.namespace || from.namespace
  const name = from.rule.delegate?.name ?? ''
  const delegate = delegates.get(`${namespace}/${name}`)
  if (delegate === undefined || !isVisible(delegate.spec?.exportTo, namespace, from.namespace)) {
    const why =
      delegate === undefined
        ? `there is no VirtualService ${namespace}/${name} without hosts`
        : `VirtualService ${namespace}/${name} is not exported to ${from.namespace}`
    issues.push(issue(from, 'unknown-delegate', `${from.path}.delegate`, `${why}: the rule is left out`))
    return []
  }
  const root = qualified(from.rule, from.namespace, clusterDomain)
  return (delegate.spec?.http ?? []).flatMap((written, index) => {
    const own: MeshRule = { rule: qualified(written, namespace, clusterDomain), name, namespace, path: `spec.http[${index}]` }
    if (written.delegate !== undefined) {
      issues.push(issue(own, 'unsupported', `${own.path}.delegate`, 'a delegate cannot delegate again: the rule is left out'))
      return []
    }
    const rule = mergeRules(root, own.rule)
    if (rule !== undefined) return [{ ...own, rule }]
    const message = `no request can meet these conditions and those of ${from.path} of VirtualService ${from.namespace}/${from.name}, which delegates to it: the rule is left out`
    issues.push(issue(own, 'delegate-conflict', `${own.path}.match`, message))
    return []
  })
}

/** Undefined when the conditions contradict each other. */
function mergeRules(root: HttpRoute, leaf: HttpRoute): HttpRoute | undefined {
  const match = mergeMatches(root.match ?? [], leaf.match ?? [])
  if (match === undefined) return undefined
  return defined({
    ...leaf,
    match: [...match],
    name: joined(root.name, leaf.name),
    rewrite: leaf.rewrite ?? root.rewrite,
    timeout: leaf.timeout ?? root.timeout,
    retries: leaf.retries ?? root.retries,
    fault: leaf.fault ?? root.fault,
    mirror: leaf.mirror ?? root.mirror,
    mirrorPercent: leaf.mirrorPercent ?? root.mirrorPercent,
    mirrorPercentage: leaf.mirrorPercentage ?? root.mirrorPercentage,
    corsPolicy: leaf.corsPolicy ?? root.corsPolicy,
    headers: leaf.headers ?? root.headers,
  })
}

/** With the names that would mean something else in another namespace: gateways of conditions, and the mirror's host. */
function qualified(rule: HttpRoute, namespace: string, clusterDomain: string): HttpRoute {
  const { match, mirror } = rule
  return defined({
    ...rule,
    match: match?.map((condition) =>
      defined({ ...condition, gateways: condition.gateways?.map((gateway) => resolveGateway(gateway, namespace)) }),
    ),
    mirror: mirror && { ...mirror, host: resolveHost(mirror.host, namespace, clusterDomain) },
  })
}

function issue(of: MeshRule, code: TranslationIssue['code'], path: string, message: string): TranslationIssue {
  return { code, severity: 'error', resource: { kind: 'VirtualService', namespace: of.namespace, name: of.name }, path, message }
}
