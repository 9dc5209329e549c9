/** Compiled envoy.config.route.v3.RouteMatch: conditions in the order path, headers, query; the first that fails decides. */
import type { HeaderMatcher, QueryParameterMatcher } from '../model/matcher.js'
import type { PathMatcher, RouteMatch } from '../model/route.js'
import { type CompileRegex, compileWith } from './linear-regex.js'
import { headerOf, queryParameterOf, type RouteRequest } from './route-request.js'
import { compileStringMatcher, describeStringMatcher } from './string-matcher.js'

export interface Condition {
  /** @param path without query. */
  holds(request: RouteRequest, path: string): boolean
  /** What was demanded and what was there, as a sentence for `explain`. */
  explain(request: RouteRequest, path: string): string
}

export function compileConditions(match: RouteMatch, compileRegex?: CompileRegex): readonly Condition[] {
  return [
    ...pathCondition(match.path, match.caseSensitive ?? true, compileRegex),
    ...(match.headers ?? []).map((matcher) => headerCondition(matcher, compileRegex)),
    ...(match.queryParameters ?? []).map((matcher) => queryCondition(matcher, compileRegex)),
  ]
}

/** Whether all hold. */
export function compileHeaderMatchers(matchers: readonly HeaderMatcher[], compileRegex?: CompileRegex): (request: RouteRequest) => boolean {
  const conditions = matchers.map((matcher) => headerCondition(matcher, compileRegex))
  return (request) => conditions.every((condition) => condition.holds(request, ''))
}

function pathCondition(matcher: PathMatcher, caseSensitive: boolean, compileRegex?: CompileRegex): readonly Condition[] {
  if (matcher.kind === 'prefix' && matcher.value === '/') return []
  if (matcher.kind === 'connect') {
    return [
      {
        holds: ({ method }) => method === 'CONNECT',
        explain: ({ method }) => `the route is for CONNECT, the method is ${method}`,
      },
    ]
  }
  const test = pathTest(matcher, caseSensitive, compileRegex)
  return [
    {
      holds: (_request, path) => test(path),
      explain: (_request, path) => `path ${matcher.kind === 'path' ? 'exact' : matcher.kind} "${matcher.value}" does not match "${path}"`,
    },
  ]
}

function pathTest(
  matcher: Exclude<PathMatcher, { kind: 'connect' }>,
  caseSensitive: boolean,
  compileRegex?: CompileRegex,
): (path: string) => boolean {
  switch (matcher.kind) {
    case 'prefix':
      return compileStringMatcher({ kind: 'prefix', value: matcher.value, ignoreCase: !caseSensitive })
    case 'path':
      return compileStringMatcher({ kind: 'exact', value: matcher.value, ignoreCase: !caseSensitive })
    case 'regex': {
      const regex = compileWith(compileRegex, matcher.value)
      return (path) => regex.matches(path)
    }
    case 'path-separated-prefix': {
      const exact = compileStringMatcher({ kind: 'exact', value: matcher.value, ignoreCase: !caseSensitive })
      const below = compileStringMatcher({ kind: 'prefix', value: `${matcher.value}/`, ignoreCase: !caseSensitive })
      return (path) => exact(path) || below(path)
    }
  }
}

function headerCondition(matcher: HeaderMatcher, compileRegex?: CompileRegex): Condition {
  const name = matcher.name.toLowerCase()
  const invert = matcher.invert ?? false
  const test = matcher.match && compileStringMatcher(matcher.match, compileRegex)
  const wantsPresence = matcher.present ?? true
  const holds = (request: RouteRequest): boolean => {
    const value = headerOf(request, name) ?? (matcher.treatMissingAsEmpty ? '' : undefined)
    if (!test) return ((value !== undefined) === wantsPresence) !== invert
    // Envoy: a missing header matches no value matcher, not even an inverted one, unless it is treated as empty.
    return value !== undefined && test(value) !== invert
  }
  return {
    holds,
    explain: (request) => {
      const wanted = matcher.match ? describeStringMatcher(matcher.match) : wantsPresence ? 'to be present' : 'to be absent'
      const value = headerOf(request, name)
      return `header "${matcher.name}" must ${invert ? 'not ' : ''}match ${wanted}, but it is ${value === undefined ? 'absent' : `"${value}"`}`
    },
  }
}

function queryCondition(matcher: QueryParameterMatcher, compileRegex?: CompileRegex): Condition {
  const test = matcher.match && compileStringMatcher(matcher.match, compileRegex)
  const wantsPresence = matcher.present ?? true
  return {
    holds: (request) => {
      const value = queryParameterOf(request.path, matcher.name)
      return test ? value !== undefined && test(value) : (value !== undefined) === wantsPresence
    },
    explain: (request) => {
      const value = queryParameterOf(request.path, matcher.name)
      const wanted = matcher.match ? describeStringMatcher(matcher.match) : wantsPresence ? 'to be present' : 'to be absent'
      return `query parameter "${matcher.name}" must match ${wanted}, but it is ${value === undefined ? 'absent' : `"${value}"`}`
    },
  }
}
