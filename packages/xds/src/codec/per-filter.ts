/** What a route says to the fault and CORS filters (`typed_per_filter_config`). */
import type { CorsPolicy, FaultInjection, Route, StringMatcher } from '@heddle/routing'
import { packAny, unpackAny } from '../message/any.js'
import { decodeList, type Decoding } from '../decoding.js'
import type { RouteJson } from '../gen/envoy/config/route/v3/route_pb.js'
import type { FaultDelayJson } from '../gen/envoy/extensions/filters/common/fault/v3/fault_pb.js'
import type { CorsPolicyJson } from '../gen/envoy/extensions/filters/http/cors/v3/cors_pb.js'
import type { FaultAbortJson, HTTPFaultJson } from '../gen/envoy/extensions/filters/http/fault/v3/fault_pb.js'
import type { StringMatcherJson } from '../gen/envoy/type/matcher/v3/matcher_pb.js'
import { compact, compactOrNone, durationJson, durationMs, list, unlessDefault } from '../message/json-object.js'
import { extensionUrls } from '../type-url.js'
import { decodeFractionalPercent, encodeFractionalPercent } from './core.js'
import { decodeHeaderMatcher, decodeStringMatcher, encodeHeaderMatcher, encodeStringMatcher } from './matcher.js'

export const corsFilter = 'envoy.filters.http.cors'
export const faultFilter = 'envoy.filters.http.fault'

type PerFilterJson = NonNullable<RouteJson['typedPerFilterConfig']>

export function encodePerFilter(route: Route): PerFilterJson | undefined {
  return compactOrNone<PerFilterJson>({
    [corsFilter]: route.cors === undefined ? undefined : packAny(extensionUrls.corsPolicy, encodeCors(route.cors)),
    [faultFilter]: route.fault === undefined ? undefined : packAny(extensionUrls.fault, encodeFault(route.fault)),
  } as PerFilterJson)
}

export function decodePerFilter(json: RouteJson, decoding: Decoding): Pick<Route, 'cors' | 'fault'> {
  const configs = json.typedPerFilterConfig ?? {}
  for (const [name, config] of Object.entries(configs)) {
    if (name !== corsFilter && name !== faultFilter) decoding.drop(config, `filter "${name}" is not supported`)
  }
  const cors = unpackAny<CorsPolicyJson>(extensionUrls.corsPolicy, configs[corsFilter])
  const fault = unpackAny<HTTPFaultJson>(extensionUrls.fault, configs[faultFilter])
  return compact<Pick<Route, 'cors' | 'fault'>>({
    cors: cors === undefined ? undefined : decodeCors(cors, decoding),
    fault: fault === undefined ? undefined : decodeFault(fault, decoding),
  })
}

function encodeCors(cors: CorsPolicy): CorsPolicyJson {
  return compact<CorsPolicyJson>({
    allowOriginStringMatch: list(cors.allowOrigins, encodeStringMatcher),
    allowMethods: unlessDefault(cors.allowMethods),
    allowHeaders: unlessDefault(cors.allowHeaders),
    exposeHeaders: unlessDefault(cors.exposeHeaders),
    maxAge: unlessDefault(cors.maxAge),
    allowCredentials: cors.allowCredentials,
    filterEnabled: cors.filterEnabled === undefined ? undefined : { defaultValue: encodeFractionalPercent(cors.filterEnabled) },
    forwardNotMatchingPreflights: cors.forwardNotMatchingPreflights,
  })
}

function decodeCors(json: CorsPolicyJson, decoding: Decoding): CorsPolicy {
  const allowOrigins = decodeList<StringMatcherJson, StringMatcher>(json.allowOriginStringMatch, (matcher) =>
    decodeStringMatcher(matcher, decoding),
  )
  return compact<CorsPolicy>({
    allowOrigins: allowOrigins ?? [],
    allowMethods: json.allowMethods,
    allowHeaders: json.allowHeaders,
    exposeHeaders: json.exposeHeaders,
    maxAge: json.maxAge,
    allowCredentials: json.allowCredentials,
    forwardNotMatchingPreflights: json.forwardNotMatchingPreflights,
    filterEnabled: json.filterEnabled === undefined ? undefined : decodeFractionalPercent(json.filterEnabled.defaultValue),
  })
}

function encodeFault(fault: FaultInjection): HTTPFaultJson {
  const { delay, abort } = fault
  return compact<HTTPFaultJson>({
    delay: delay === undefined ? undefined : encodeDelay(delay),
    abort: abort === undefined ? undefined : encodeAbort(abort),
    headers: list(fault.headers, encodeHeaderMatcher),
    maxActiveFaults: fault.maxActiveFaults,
  })
}

function encodeDelay({ fixedDelayMs, percentage }: NonNullable<FaultInjection['delay']>): FaultDelayJson {
  const how: FaultDelayJson = fixedDelayMs === undefined ? { headerDelay: {} } : { fixedDelay: durationJson(fixedDelayMs) as string }
  return { ...how, percentage: encodeFractionalPercent(percentage) }
}

function encodeAbort(abort: NonNullable<FaultInjection['abort']>): FaultAbortJson {
  const { httpStatus, grpcStatus } = abort
  return compact<FaultAbortJson>({
    httpStatus,
    grpcStatus: httpStatus === undefined ? grpcStatus : undefined,
    headerAbort: httpStatus === undefined && grpcStatus === undefined ? {} : undefined,
    percentage: encodeFractionalPercent(abort.percentage),
  })
}

function decodeFault(json: HTTPFaultJson, decoding: Decoding): FaultInjection {
  return compact<FaultInjection>({
    delay: json.delay === undefined ? undefined : decodeDelay(json.delay),
    abort: json.abort === undefined ? undefined : decodeAbort(json.abort),
    headers: json.headers?.map((matcher) => decodeHeaderMatcher(matcher, decoding)),
    maxActiveFaults: json.maxActiveFaults,
  })
}

function decodeDelay(json: FaultDelayJson): NonNullable<FaultInjection['delay']> {
  return compact<NonNullable<FaultInjection['delay']>>({
    fixedDelayMs: json.headerDelay === undefined ? (durationMs(json.fixedDelay) ?? 0) : undefined,
    percentage: decodeFractionalPercent(json.percentage),
  })
}

function decodeAbort(json: FaultAbortJson): NonNullable<FaultInjection['abort']> {
  return compact<NonNullable<FaultInjection['abort']>>({
    httpStatus: json.httpStatus,
    grpcStatus: json.grpcStatus,
    percentage: decodeFractionalPercent(json.percentage),
  })
}
