/** envoy.type.matcher.v3.StringMatcher and the matchers of envoy.config.route.v3. */
import type { HeaderMatcher, QueryParameterMatcher, StringMatcher } from '@heddle/routing'
import type { Decoding } from '../decoding.js'
import type { HeaderMatcherJson, QueryParameterMatcherJson } from '../gen/envoy/config/route/v3/route_pb.js'
import type { StringMatcherJson } from '../gen/envoy/type/matcher/v3/matcher_pb.js'
import { compact, unlessDefault } from '../message/json-object.js'

export function encodeStringMatcher(matcher: StringMatcher): StringMatcherJson {
  if (matcher.kind === 'regex') return { safeRegex: encodeRegex(matcher.value) }
  return compact<StringMatcherJson>({ [matcher.kind]: matcher.value, ignoreCase: unlessDefault(matcher.ignoreCase) })
}

export function decodeStringMatcher(json: StringMatcherJson, decoding: Decoding): StringMatcher | undefined {
  if (json.safeRegex !== undefined) return { kind: 'regex', value: decodeRegex(json.safeRegex) }
  for (const kind of ['exact', 'prefix', 'suffix', 'contains'] as const) {
    const value = json[kind]
    if (value !== undefined) return compact<StringMatcher>({ kind, value, ignoreCase: json.ignoreCase })
  }
  decoding.drop(json, 'has no pattern that this proxy supports')
  return undefined
}

export function encodeRegex(regex: string): { regex?: string } {
  return compact<{ regex?: string }>({ regex: unlessDefault(regex) })
}

export function decodeRegex(json: { readonly regex?: string }): string {
  return json.regex ?? ''
}

export function encodeHeaderMatcher(matcher: HeaderMatcher): HeaderMatcherJson {
  return compact<HeaderMatcherJson>({
    name: unlessDefault(matcher.name),
    stringMatch: matcher.match === undefined ? undefined : encodeStringMatcher(matcher.match),
    presentMatch: matcher.match === undefined ? matcher.present : undefined,
    invertMatch: unlessDefault(matcher.invert),
    treatMissingHeaderAsEmpty: unlessDefault(matcher.treatMissingAsEmpty),
  })
}

export function decodeHeaderMatcher(json: HeaderMatcherJson, decoding: Decoding): HeaderMatcher {
  return compact<HeaderMatcher>({
    name: json.name ?? '',
    match: json.stringMatch === undefined ? undefined : decodeStringMatcher(json.stringMatch, decoding),
    present: json.presentMatch,
    invert: json.invertMatch,
    treatMissingAsEmpty: json.treatMissingHeaderAsEmpty,
  })
}

export function encodeQueryParameterMatcher(matcher: QueryParameterMatcher): QueryParameterMatcherJson {
  return compact<QueryParameterMatcherJson>({
    name: unlessDefault(matcher.name),
    stringMatch: matcher.match === undefined ? undefined : encodeStringMatcher(matcher.match),
    presentMatch: matcher.match === undefined ? matcher.present : undefined,
  })
}

export function decodeQueryParameterMatcher(json: QueryParameterMatcherJson, decoding: Decoding): QueryParameterMatcher {
  return compact<QueryParameterMatcher>({
    name: json.name ?? '',
    match: json.stringMatch === undefined ? undefined : decodeStringMatcher(json.stringMatch, decoding),
    present: json.presentMatch,
  })
}
