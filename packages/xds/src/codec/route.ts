/** envoy.config.route.v3.RouteConfiguration with its virtual hosts and routes. */
import type { Metadata, PathMatcher, Route, RouteConfiguration, RouteMatch, VirtualHost } from '@heddle/routing'
import { decodeList, type Decoding } from '../decoding.js'
import type { RouteConfigurationJson, RouteJson, RouteMatchJson, VirtualHostJson } from '../gen/envoy/config/route/v3/route_pb.js'
import { compact, list, oneOf, unlessDefault } from '../message/json-object.js'
import { decodeMetadata, encodeMetadata } from './core.js'
import { decodeHeaderMutations, encodeHeaderMutations } from './header-mutation.js'
import { decodeHeaderMatcher, decodeQueryParameterMatcher, decodeRegex } from './matcher.js'
import { encodeHeaderMatcher, encodeQueryParameterMatcher, encodeRegex } from './matcher.js'
import { decodePerFilter, encodePerFilter } from './per-filter.js'
import { decodeRouteAction, encodeRouteAction } from './route-action.js'

export function encodeRouteConfiguration(config: RouteConfiguration): RouteConfigurationJson {
  return compact<RouteConfigurationJson>({
    name: unlessDefault(config.name),
    virtualHosts: list(config.virtualHosts, encodeVirtualHost),
    validateClusters: false,
    ignorePortInHostMatching: unlessDefault(config.ignorePortInHostMatching),
    maxDirectResponseBodySizeBytes: config.maxDirectResponseBodySizeBytes,
  })
}

export function decodeRouteConfiguration(json: RouteConfigurationJson, decoding: Decoding): RouteConfiguration {
  return compact<RouteConfiguration>({
    name: json.name ?? '',
    virtualHosts: (json.virtualHosts ?? []).map((host) => decodeVirtualHost(host, decoding)),
    ignorePortInHostMatching: json.ignorePortInHostMatching,
    maxDirectResponseBodySizeBytes: json.maxDirectResponseBodySizeBytes,
  })
}

function encodeVirtualHost(host: VirtualHost): VirtualHostJson {
  return compact<VirtualHostJson>({
    name: unlessDefault(host.name),
    domains: list(host.domains, String),
    routes: list(host.routes, encodeRoute),
    requireTls: host.requireTls,
    includeRequestAttemptCount: unlessDefault(host.includeRequestAttemptCount),
  })
}

function decodeVirtualHost(json: VirtualHostJson, decoding: Decoding): VirtualHost {
  return compact<VirtualHost>({
    name: json.name ?? '',
    domains: json.domains ?? [],
    routes: decodeList(json.routes, (route) => decodeRoute(route, decoding)) ?? [],
    requireTls: oneOf(['ALL', 'EXTERNAL_ONLY'], json.requireTls),
    includeRequestAttemptCount: json.includeRequestAttemptCount,
  })
}

function encodeRoute(route: Route): RouteJson {
  return compact<RouteJson>({
    name: unlessDefault(route.name),
    match: encodeMatch(route.match),
    ...encodeRouteAction(route.action),
    metadata: encodeMetadata(route.metadata),
    decorator: route.operation === undefined ? undefined : { operation: route.operation },
    ...encodeHeaderMutations(route.headers),
    typedPerFilterConfig: encodePerFilter(route),
  })
}

function decodeRoute(json: RouteJson, decoding: Decoding): Route | undefined {
  const path = decodePath(json.match ?? {})
  const action = decodeRouteAction(json)
  if (path === undefined || action === undefined) {
    decoding.drop(json, path === undefined ? 'matches paths in a way that is not supported' : 'has an action that is not supported')
    return undefined
  }
  return compact<Route>({
    name: json.name,
    match: decodeMatch(json.match ?? {}, path, decoding),
    action,
    operation: json.decorator?.operation,
    metadata: decodeMetadata(json.metadata) as Metadata | undefined,
    headers: decodeHeaderMutations(json),
    ...decodePerFilter(json, decoding),
  })
}

function encodeMatch(match: RouteMatch): RouteMatchJson {
  return compact<RouteMatchJson>({
    ...encodePath(match.path),
    caseSensitive: match.caseSensitive,
    headers: list(match.headers, encodeHeaderMatcher),
    queryParameters: list(match.queryParameters, encodeQueryParameterMatcher),
  })
}

function decodeMatch(json: RouteMatchJson, path: PathMatcher, decoding: Decoding): RouteMatch {
  return compact<RouteMatch>({
    path,
    caseSensitive: json.caseSensitive,
    headers: json.headers?.map((matcher) => decodeHeaderMatcher(matcher, decoding)),
    queryParameters: json.queryParameters?.map((matcher) => decodeQueryParameterMatcher(matcher, decoding)),
  })
}

function encodePath(path: PathMatcher): RouteMatchJson {
  switch (path.kind) {
    case 'prefix':
      return { prefix: path.value }
    case 'path':
      return { path: path.value }
    case 'regex':
      return { safeRegex: encodeRegex(path.value) }
    case 'path-separated-prefix':
      return { pathSeparatedPrefix: path.value }
    case 'connect':
      return { connectMatcher: {} }
  }
}

function decodePath(json: RouteMatchJson): PathMatcher | undefined {
  if (json.prefix !== undefined) return { kind: 'prefix', value: json.prefix }
  if (json.path !== undefined) return { kind: 'path', value: json.path }
  if (json.safeRegex !== undefined) return { kind: 'regex', value: decodeRegex(json.safeRegex) }
  if (json.connectMatcher !== undefined) return { kind: 'connect' }
  return json.pathSeparatedPrefix === undefined ? undefined : { kind: 'path-separated-prefix', value: json.pathSeparatedPrefix }
}
