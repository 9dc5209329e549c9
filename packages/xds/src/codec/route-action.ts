/** The actions of envoy.config.route.v3.Route: route, redirect, direct response. */
import type { DirectResponseAction, HashPolicy, MirrorPolicy, RedirectAction, Route, RouteAction } from '@heddle/routing'
import type { RouteTarget, UpgradePolicy, WeightedCluster } from '@heddle/routing'
import type {
  DirectResponseActionJson,
  RedirectActionJson,
  RouteAction_HashPolicyJson as HashPolicyJson,
  RouteAction_HashPolicy_CookieJson as CookieJson,
  RouteAction_MaxStreamDurationJson as MaxStreamDurationJson,
  RouteAction_RequestMirrorPolicyJson as MirrorPolicyJson,
  RouteAction_UpgradeConfigJson as UpgradeConfigJson,
  RouteActionJson,
  RouteJson,
  WeightedCluster_ClusterWeightJson as ClusterWeightJson,
  WeightedClusterJson,
} from '../gen/envoy/config/route/v3/route_pb.js'
import type { RegexMatchAndSubstituteJson } from '../gen/envoy/type/matcher/v3/matcher_pb.js'
import { compact, durationJson, durationMs, list, unlessDefault } from '../message/json-object.js'
import { decodeFractionalPercent, decodeMetadata, encodeFractionalPercent, encodeMetadata } from './core.js'
import { decodeHeaderMutations, encodeHeaderMutations } from './header-mutation.js'
import { decodeRegex, encodeRegex } from './matcher.js'
import { decodeRetryPolicy, encodeRetryPolicy } from './retry-policy.js'

export function encodeRouteAction(action: Route['action']): RouteJson {
  switch (action.kind) {
    case 'route':
      return { route: encodeForward(action) }
    case 'redirect':
      return { redirect: encodeRedirect(action) }
    case 'direct-response':
      return { directResponse: encodeDirectResponse(action) }
  }
}

/** Undefined when the route has none of the three. */
export function decodeRouteAction(json: RouteJson): Route['action'] | undefined {
  if (json.redirect !== undefined) return decodeRedirect(json.redirect)
  if (json.directResponse !== undefined) return decodeDirectResponse(json.directResponse)
  return json.route === undefined ? undefined : decodeForward(json.route)
}

function encodeForward(action: RouteAction): RouteActionJson {
  return compact<RouteActionJson>({
    ...encodeTarget(action.target),
    prefixRewrite: unlessDefault(action.prefixRewrite),
    regexRewrite: encodeRewrite(action.regexRewrite),
    hostRewriteLiteral: action.hostRewriteLiteral,
    autoHostRewrite: action.hostRewriteLiteral === undefined ? action.autoHostRewrite : undefined,
    timeout: durationJson(action.timeoutMs),
    retryPolicy: action.retryPolicy === undefined ? undefined : encodeRetryPolicy(action.retryPolicy),
    requestMirrorPolicies: list(action.mirrors, encodeMirror),
    hashPolicy: list(action.hashPolicy, encodeHashPolicy),
    maxGrpcTimeout: durationJson(action.maxGrpcTimeoutMs),
    upgradeConfigs: list(action.upgrades, encodeUpgrade),
    maxStreamDuration: encodeMaxStreamDuration(action.maxStreamDuration),
  })
}

function decodeForward(json: RouteActionJson): RouteAction | undefined {
  const target = decodeTarget(json)
  if (target === undefined) return undefined
  return compact<RouteAction>({
    kind: 'route',
    target,
    timeoutMs: durationMs(json.timeout),
    maxGrpcTimeoutMs: durationMs(json.maxGrpcTimeout),
    maxStreamDuration: decodeMaxStreamDuration(json.maxStreamDuration),
    retryPolicy: json.retryPolicy === undefined ? undefined : decodeRetryPolicy(json.retryPolicy),
    prefixRewrite: json.prefixRewrite,
    regexRewrite: decodeRewrite(json.regexRewrite),
    hostRewriteLiteral: json.hostRewriteLiteral,
    autoHostRewrite: json.autoHostRewrite,
    hashPolicy: json.hashPolicy?.map(decodeHashPolicy),
    mirrors: json.requestMirrorPolicies?.map(decodeMirror),
    upgrades: json.upgradeConfigs?.map(decodeUpgrade),
  })
}

function encodeTarget(target: RouteTarget): RouteActionJson {
  if (target.kind === 'cluster') return { cluster: target.cluster }
  return { weightedClusters: compact<WeightedClusterJson>({ clusters: list(target.clusters, encodeWeightedCluster) }) }
}

function decodeTarget(json: RouteActionJson): RouteTarget | undefined {
  if (json.cluster !== undefined) return { kind: 'cluster', cluster: json.cluster }
  if (json.weightedClusters === undefined) return undefined
  return { kind: 'weighted-clusters', clusters: (json.weightedClusters.clusters ?? []).map(decodeWeightedCluster) }
}

function encodeWeightedCluster(cluster: WeightedCluster): ClusterWeightJson {
  return compact<ClusterWeightJson>({
    name: unlessDefault(cluster.name),
    weight: cluster.weight,
    metadataMatch: encodeMetadata(cluster.metadata),
    ...encodeHeaderMutations(cluster.headers),
    hostRewriteLiteral: cluster.hostRewriteLiteral,
  })
}

function decodeWeightedCluster(json: ClusterWeightJson): WeightedCluster {
  return compact<WeightedCluster>({
    name: json.name ?? '',
    weight: json.weight ?? 0,
    headers: decodeHeaderMutations(json),
    hostRewriteLiteral: json.hostRewriteLiteral,
    metadata: decodeMetadata(json.metadataMatch),
  })
}

function encodeRewrite(rewrite: RouteAction['regexRewrite']): RegexMatchAndSubstituteJson | undefined {
  if (rewrite === undefined) return undefined
  return compact<RegexMatchAndSubstituteJson>({
    pattern: encodeRegex(rewrite.regex),
    substitution: unlessDefault(rewrite.substitution),
  })
}

function decodeRewrite(json: RegexMatchAndSubstituteJson | undefined): RouteAction['regexRewrite'] {
  return json === undefined ? undefined : { regex: decodeRegex(json.pattern ?? {}), substitution: json.substitution ?? '' }
}

function encodeMaxStreamDuration(duration: RouteAction['maxStreamDuration']): MaxStreamDurationJson | undefined {
  if (duration === undefined) return undefined
  return compact<MaxStreamDurationJson>({
    maxStreamDuration: durationJson(duration.maxStreamDurationMs),
    grpcTimeoutHeaderMax: durationJson(duration.grpcTimeoutHeaderMaxMs),
  })
}

function decodeMaxStreamDuration(json: MaxStreamDurationJson | undefined): RouteAction['maxStreamDuration'] {
  if (json === undefined) return undefined
  return compact<NonNullable<RouteAction['maxStreamDuration']>>({
    maxStreamDurationMs: durationMs(json.maxStreamDuration),
    grpcTimeoutHeaderMaxMs: durationMs(json.grpcTimeoutHeaderMax),
  })
}

function encodeMirror(mirror: MirrorPolicy): MirrorPolicyJson {
  return compact<MirrorPolicyJson>({
    cluster: unlessDefault(mirror.cluster),
    runtimeFraction: mirror.fraction === undefined ? undefined : { defaultValue: encodeFractionalPercent(mirror.fraction) },
    traceSampled: mirror.traceSampled,
    disableShadowHostSuffixAppend: unlessDefault(mirror.disableShadowHostSuffixAppend),
  })
}

function decodeMirror(json: MirrorPolicyJson): MirrorPolicy {
  return compact<MirrorPolicy>({
    cluster: json.cluster ?? '',
    fraction: json.runtimeFraction === undefined ? undefined : decodeFractionalPercent(json.runtimeFraction.defaultValue),
    traceSampled: json.traceSampled,
    disableShadowHostSuffixAppend: json.disableShadowHostSuffixAppend,
  })
}

function encodeUpgrade({ type, enabled, terminatesConnect }: UpgradePolicy): UpgradeConfigJson {
  return compact<UpgradeConfigJson>({
    upgradeType: unlessDefault(type),
    enabled,
    connectConfig: terminatesConnect === true ? {} : undefined,
  })
}

function decodeUpgrade({ upgradeType, enabled, connectConfig }: UpgradeConfigJson): UpgradePolicy {
  return compact<UpgradePolicy>({
    type: upgradeType ?? '',
    enabled,
    terminatesConnect: connectConfig === undefined ? undefined : true,
  })
}

function encodeHashPolicy(policy: HashPolicy): HashPolicyJson {
  switch (policy.kind) {
    case 'header':
      return { header: { headerName: policy.headerName } }
    case 'cookie':
      return { cookie: compact<CookieJson>({ name: policy.name, ttl: durationJson(policy.ttlMs), path: unlessDefault(policy.path) }) }
    case 'source-ip':
      return { connectionProperties: { sourceIp: true } }
    case 'query-parameter':
      return { queryParameter: { name: policy.name } }
  }
}

function decodeHashPolicy(json: HashPolicyJson): HashPolicy {
  if (json.header !== undefined) return { kind: 'header', headerName: json.header.headerName ?? '' }
  if (json.queryParameter !== undefined) return { kind: 'query-parameter', name: json.queryParameter.name ?? '' }
  if (json.cookie === undefined) return { kind: 'source-ip' }
  const { name = '', path, ttl } = json.cookie
  return compact<HashPolicy>({ kind: 'cookie', name, path, ttlMs: durationMs(ttl) })
}

const redirectCodes = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
} as const

function encodeRedirect(redirect: RedirectAction): RedirectActionJson {
  const codes = Object.entries(redirectCodes) as [keyof typeof redirectCodes, number][]
  return compact<RedirectActionJson>({
    schemeRedirect: redirect.schemeRedirect,
    hostRedirect: unlessDefault(redirect.hostRedirect),
    portRedirect: unlessDefault(redirect.portRedirect),
    pathRedirect: redirect.pathRedirect,
    prefixRewrite: redirect.prefixRewrite,
    regexRewrite: encodeRewrite(redirect.regexRewrite),
    responseCode: codes.find(([name, code]) => code === redirect.responseCode && name !== 'MOVED_PERMANENTLY')?.[0],
    stripQuery: unlessDefault(redirect.stripQuery),
  })
}

function decodeRedirect(json: RedirectActionJson): RedirectAction {
  return compact<RedirectAction>({
    kind: 'redirect',
    schemeRedirect: json.schemeRedirect,
    hostRedirect: json.hostRedirect,
    portRedirect: json.portRedirect,
    pathRedirect: json.pathRedirect,
    prefixRewrite: json.prefixRewrite,
    regexRewrite: decodeRewrite(json.regexRewrite),
    stripQuery: json.stripQuery,
    responseCode: json.responseCode === undefined ? undefined : redirectCodes[json.responseCode],
  })
}

function encodeDirectResponse(response: DirectResponseAction): DirectResponseActionJson {
  const { status, body } = response
  return compact<DirectResponseActionJson>({
    status: unlessDefault(status),
    body: body === undefined ? undefined : 'text' in body ? { inlineString: body.text } : { inlineBytes: body.base64 },
  })
}

function decodeDirectResponse(json: DirectResponseActionJson): DirectResponseAction {
  return compact<DirectResponseAction>({ kind: 'direct-response', status: json.status ?? 0, body: decodeBody(json.body) })
}

function decodeBody(json: DirectResponseActionJson['body']): DirectResponseAction['body'] {
  if (json?.inlineString !== undefined) return { text: json.inlineString }
  return json?.inlineBytes === undefined ? undefined : { base64: json.inlineBytes }
}
