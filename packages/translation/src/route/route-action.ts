/** The forwarding part of a VirtualService rule: clusters and weights, timeout, retries, rewrites, mirrors. */
import type { FractionalPercent, HashPolicy, MirrorPolicy, RouteAction, WeightedCluster } from '@heddle/routing'
import { durationMs } from '../resources/duration-field.js'
import type { Destination, HttpRoute, HttpRouteDestination } from '../resources/virtual-service.js'
import { resolveDestination, type ResolvedDestination } from './destination.js'
import { fraction } from './fault-injection.js'
import { hashPolicy } from './hash-policy.js'
import { headerChanges, type HeaderChanges } from './header-mutations.js'
import type { RuleInput } from './http-route.js'
import { retryPolicy } from './retry-policy.js'

interface Forwarding {
  readonly action: RouteAction
  readonly service?: string
  readonly headers?: HeaderChanges['headers']
}

interface Branch extends HeaderChanges {
  readonly destination: ResolvedDestination
  readonly weight: number
  readonly hash: HashPolicy | undefined
}

/** Undefined when no destination would get anything. */
export function routeAction(input: RuleInput): Forwarding | undefined {
  const written = input.rule.route ?? []
  const branches = written.flatMap((entry, index) => (written.length > 1 && !entry.weight ? [] : [branch(input, entry, index)]))
  const first = branches[0]
  if (first === undefined) return undefined
  const common = commonAction(input, branches, written.length === 1)
  if (written.length > 1) return { action: { ...common, target: { kind: 'weighted-clusters', clusters: branches.map(weightedCluster) } } }
  const { destination, headers, authority } = first
  const host = destination.cluster.split('|')[3] ?? ''
  return {
    action: { ...common, target: { kind: 'cluster', cluster: destination.cluster }, ...hostRewrite(authorityOf(input.rule) ?? authority) },
    service: `${host}:${destination.port}`,
    ...(headers === undefined ? {} : { headers }),
  }
}

function branch(input: RuleInput, entry: HttpRouteDestination, index: number): Branch {
  const { view, writer, context, path } = input
  const destination = resolveDestination(
    view,
    writer,
    entry.destination,
    context.port,
    `${path}.route[${index}].destination`,
    portsSeen(input),
  )
  const hash = hashPolicy(view, destination.service, destination.subset, destination.port)
  return { destination, weight: entry.weight ?? 0, hash, ...headerChanges(entry.headers) }
}

function weightedCluster({ destination, weight, headers, authority }: Branch): WeightedCluster {
  return { name: destination.cluster, weight, ...(headers === undefined ? {} : { headers }), ...hostRewrite(authority) }
}

function commonAction(input: RuleInput, branches: readonly Branch[], single: boolean): Omit<RouteAction, 'target'> {
  const { rule } = input
  const hashes = branches.map((entry) => entry.hash).filter((hash) => hash !== undefined)
  const timeoutMs = durationMs(rule.timeout) ?? 0
  const retries = retryPolicy(rule.retries, single && hashes.length > 0)
  const mirrors = mirrorPolicies(input)
  return {
    kind: 'route',
    timeoutMs,
    maxGrpcTimeoutMs: timeoutMs,
    ...(retries === undefined ? {} : { retryPolicy: retries }),
    ...pathRewrite(rule),
    ...(single ? {} : hostRewrite(authorityOf(rule))),
    ...(hashes.length === 0 ? {} : { hashPolicy: hashes }),
    ...(mirrors.length === 0 ? {} : { mirrors }),
  }
}

function authorityOf(rule: HttpRoute): string | undefined {
  return rule.rewrite?.authority || headerChanges(rule.headers).authority
}

function hostRewrite(authority: string | undefined): { readonly hostRewriteLiteral?: string } {
  return authority ? { hostRewriteLiteral: authority } : {}
}

function pathRewrite({ rewrite }: HttpRoute): Pick<RouteAction, 'prefixRewrite' | 'regexRewrite'> {
  const regex = rewrite?.uriRegexRewrite
  if (regex?.match) return { regexRewrite: { regex: regex.match, substitution: regex.rewrite ?? '' } }
  return rewrite?.uri ? { prefixRewrite: rewrite.uri } : {}
}

function portsSeen({ view }: RuleInput): 'listener-port' | 'all-ports' {
  return view.node.type === 'sidecar' ? 'listener-port' : 'all-ports'
}

interface Mirror {
  readonly destination: Destination
  readonly fraction: FractionalPercent
  readonly path: string
}

function mirrorPolicies(input: RuleInput): readonly MirrorPolicy[] {
  const { view, writer, context } = input
  return mirrorsOf(input)
    .filter((mirror) => mirror.fraction.numerator > 0)
    .map(({ destination, fraction: share, path }) => ({
      cluster: resolveDestination(view, writer, destination, context.port, path, portsSeen(input)).cluster,
      fraction: share,
      traceSampled: false,
      disableShadowHostSuffixAppend: true,
    }))
}

function mirrorsOf({ rule, path }: RuleInput): readonly Mirror[] {
  const whole = { numerator: rule.mirrorPercent ?? rule.mirror_percent ?? 100, denominator: 'HUNDRED' } as const
  const single = rule.mirrorPercentage === undefined ? whole : fraction(rule.mirrorPercentage)
  const listed = (rule.mirrors ?? []).map(({ destination, percentage }, index) => ({
    destination,
    fraction: percentage === undefined ? ({ numerator: 100, denominator: 'HUNDRED' } as const) : fraction(percentage),
    path: `${path}.mirrors[${index}].destination`,
  }))
  return rule.mirror === undefined ? listed : [{ destination: rule.mirror, fraction: single, path: `${path}.mirror` }, ...listed]
}
