/** HTTPMatchRequest -> Envoy's route match. Headers are sorted by name; pseudo headers follow. */
import type { HeaderMatcher, PathMatcher, QueryParameterMatcher, Route, RouteMatch, StringMatcher } from '@heddle/routing'
import type { HttpMatchRequest, StringMatch } from '../resources/virtual-service.js'
import { compareText } from '../snapshot/age.js'

export const everything: RouteMatch = { path: { kind: 'prefix', value: '/' } }

export function routeMatch(match: HttpMatchRequest): RouteMatch {
  const headers = headerMatchers(match)
  const queryParameters = sortedEntries(match.queryParams).map(([name, value]) => queryMatcher(name, value))
  return {
    path: pathMatcher(match.uri),
    caseSensitive: match.ignoreUriCase !== true,
    ...(headers.length === 0 ? {} : { headers }),
    ...(queryParameters.length === 0 ? {} : { queryParameters }),
  }
}

function pathMatcher(uri: StringMatch | undefined): PathMatcher {
  if (uri?.exact !== undefined) return { kind: 'path', value: uri.exact }
  if (uri?.regex !== undefined) return { kind: 'regex', value: uri.regex }
  return { kind: 'prefix', value: uri?.prefix ?? '/' }
}

function headerMatchers(match: HttpMatchRequest): readonly HeaderMatcher[] {
  const wanted = Object.entries(match.headers ?? {}).map(([name, value]) => headerMatcher(name, value))
  const unwanted = Object.entries(match.withoutHeaders ?? {}).map(([name, value]) => withoutHeader(name, value))
  const named = [...wanted, ...unwanted].toSorted((left, right) => compareText(left.name, right.name))
  const pseudo = (
    [
      [':method', match.method],
      [':authority', match.authority],
      [':scheme', match.scheme],
    ] as const
  ).flatMap(([name, value]) => (value === undefined ? [] : [headerMatcher(name, value)]))
  return [...named, ...pseudo]
}

function headerMatcher(name: string, value: StringMatch): HeaderMatcher {
  const match = presenceOnly(value) ? undefined : stringMatcher(value)
  return match === undefined ? { name, present: true } : { name, match }
}

/** A missing header counts as an empty one, so that `withoutHeaders` lets requests without the header pass. */
function withoutHeader(name: string, value: StringMatch): HeaderMatcher {
  const matcher = headerMatcher(name, value)
  return { ...matcher, invert: true, ...(matcher.match === undefined ? {} : { treatMissingAsEmpty: true }) }
}

function queryMatcher(name: string, value: StringMatch): QueryParameterMatcher {
  const match = presenceOnly(value) ? undefined : stringMatcher(value)
  return match === undefined ? { name, present: true } : { name, match }
}

function presenceOnly(value: StringMatch | null): boolean {
  return value?.regex === '*'
}

/** Undefined when the match says nothing about the value. */
export function stringMatcher(value: StringMatch | null): StringMatcher | undefined {
  if (value?.exact !== undefined) return { kind: 'exact', value: value.exact }
  if (value?.prefix !== undefined) return { kind: 'prefix', value: value.prefix }
  if (value?.regex !== undefined) return { kind: 'regex', value: value.regex }
  return undefined
}

/** A route that leaves nothing for the ones behind it. */
export function isCatchAll({ match }: Route): boolean {
  if (match.headers?.length || match.queryParameters?.length) return false
  return match.path.kind === 'regex' ? match.path.value === '.*' : match.path.kind === 'prefix' && match.path.value === '/'
}

function sortedEntries<T>(record: Readonly<Record<string, T>> | undefined): readonly (readonly [string, T])[] {
  return Object.entries(record ?? {}).toSorted(([left], [right]) => compareText(left, right))
}
