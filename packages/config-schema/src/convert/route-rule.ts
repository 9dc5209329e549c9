/** One HTTP route of a VirtualService as one rule of an HTTPRoute. */
import { parseDuration } from '@heddle/base'
import type { HTTPRouteFilter, HTTPRouteRule } from '../gen/gateway-api-types.js'
import type { Destination, HTTPRoute, Percent } from '../gen/types.js'
import { inexact, onlyKnown, type Conversion, type Path } from './conversion.js'
import { convertBackends, convertDestination } from './route-backends.js'
import { headerFilters, redirectFilter, rewriteFilter } from './route-filters.js'
import { convertMatches } from './route-matches.js'

const known = ['name', 'match', 'route', 'redirect', 'rewrite', 'timeout', 'headers', 'mirror', 'mirrorPercentage', 'mirrors']
const reasons: Readonly<Record<string, string>> = {
  directResponse: 'HTTPRoute does not answer requests itself.',
  delegate: 'HTTPRoute does not delegate; put the rules of the delegate here.',
  retries: 'Retries of an HTTPRoute are experimental and ask by other conditions.',
  fault: 'HTTPRoute injects no faults.',
  corsPolicy: 'The CORS filter of an HTTPRoute treats preflights and patterns of origins differently.',
  mirrorPercent: 'Write mirrorPercentage first, which took its place.',
  mirror_percent: 'Write mirrorPercentage first, which took its place.',
}
const ruleName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/

export function convertRule(conversion: Conversion, at: Path, route: HTTPRoute): HTTPRouteRule {
  onlyKnown(conversion, at, route, known, reasons)
  const matches = convertMatches(conversion, [...at, 'match'], route.match)
  const filters = filtersOf(conversion, at, route, matches)
  const backendRefs = route.route === undefined ? [] : convertBackends(conversion, [...at, 'route'], route.route)
  const request = timeoutOf(conversion, [...at, 'timeout'], route.timeout)
  const name = nameOf(conversion, at, route.name)
  return {
    ...(name === undefined ? {} : { name }),
    ...(matches === undefined ? {} : { matches }),
    ...(filters.length > 0 ? { filters } : {}),
    ...(backendRefs.length > 0 ? { backendRefs } : {}),
    ...(request === undefined ? {} : { timeouts: { request } }),
  }
}

function nameOf(conversion: Conversion, at: Path, name: string | undefined): string | undefined {
  if (name === undefined || name === '') return undefined
  return ruleName.test(name)
    ? name
    : inexact(conversion, [...at, 'name'], 'Rules of an HTTPRoute are named in lower case, with "-" and "." inside.')
}

function filtersOf(conversion: Conversion, at: Path, route: HTTPRoute, matches: HTTPRouteRule['matches']): readonly HTTPRouteFilter[] {
  const rewrite = route.rewrite === undefined ? undefined : rewriteFilter(conversion, [...at, 'rewrite'], route.rewrite, matches)
  return [
    ...headerFilters(conversion, [...at, 'headers'], route.headers),
    ...(rewrite === undefined ? [] : [rewrite]),
    ...(route.redirect === undefined ? [] : [redirectFilter(conversion, [...at, 'redirect'], route.redirect, matches)]),
    ...mirrorsOf(conversion, at, route),
  ]
}

function mirrorsOf(conversion: Conversion, at: Path, { mirror, mirrorPercentage, mirrors }: HTTPRoute): readonly HTTPRouteFilter[] {
  if (mirror === undefined && mirrorPercentage !== undefined) inexact(conversion, [...at, 'mirrorPercentage'], 'Nothing is mirrored here.')
  return [
    ...(mirror === undefined ? [] : mirrorFilter(conversion, [...at, 'mirror'], mirror, [...at, 'mirrorPercentage'], mirrorPercentage)),
    ...(mirrors ?? []).flatMap((entry, index) => {
      const path = [...at, 'mirrors', index]
      onlyKnown(conversion, path, entry, ['destination', 'percentage'])
      return mirrorFilter(conversion, [...path, 'destination'], entry.destination, [...path, 'percentage'], entry.percentage)
    }),
  ]
}

function mirrorFilter(
  conversion: Conversion,
  at: Path,
  destination: Destination,
  shareAt: Path,
  share: Percent | undefined,
): readonly HTTPRouteFilter[] {
  const backendRef = convertDestination(conversion, at, destination)
  const percent = share === undefined ? undefined : (share.value ?? 0)
  if (percent !== undefined && !Number.isInteger(percent)) inexact(conversion, shareAt, 'Only whole percents are converted.')
  if (backendRef === undefined) return []
  return [{ type: 'RequestMirror', requestMirror: { backendRef, ...(percent === undefined ? {} : { percent }) } }]
}

/** Gateway API writes whole numbers of h, m, s and ms; 0 means no limit in both. */
function timeoutOf(conversion: Conversion, at: Path, timeout: string | undefined): string | undefined {
  if (timeout === undefined) return undefined
  const parsed = parseDuration(timeout)
  if (!parsed.ok || !Number.isInteger(parsed.ms) || parsed.ms < 0) return inexact(conversion, at, 'Not a whole number of milliseconds.')
  const seconds = Math.floor(parsed.ms / 1000)
  const rest = parsed.ms % 1000
  if (seconds > 99_999) return inexact(conversion, at, 'Longer than HTTPRoute can say.')
  return `${seconds > 0 || rest === 0 ? `${seconds}s` : ''}${rest > 0 ? `${rest}ms` : ''}`
}
