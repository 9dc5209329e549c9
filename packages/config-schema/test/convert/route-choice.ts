/** Which rule takes a request, by the words of both kinds' documentation and by no code of ours: an oracle for conversions. */
import type { HTTPRouteMatch, HTTPRouteRule } from '../../src/gen/gateway-api-types.js'
import type { HTTPMatchRequest, HTTPRoute, StringMatch } from '../../src/gen/types.js'

export interface SampleRequest {
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
}

/** VirtualService: the first route one of whose matches holds. */
export function firstRule(routes: readonly HTTPRoute[], request: SampleRequest): number {
  return routes.findIndex(({ match }) => match === undefined || match.some((entry) => holds(entry, request)))
}

function holds({ uri, method, headers, queryParams }: HTTPMatchRequest, request: SampleRequest): boolean {
  const all = (wanted: Readonly<Record<string, StringMatch>> | undefined, found: Readonly<Record<string, string>>) =>
    Object.entries(wanted ?? {}).every(([name, match]) => found[name] !== undefined && fits(match, found[name]))
  return fits(uri, request.path) && fits(method, request.method) && all(headers, request.headers) && all(queryParams, request.query)
}

function fits(match: StringMatch | undefined, value: string): boolean {
  if (match?.exact !== undefined) return value === match.exact
  if (match?.prefix !== undefined) return value.startsWith(match.prefix)
  return match?.regex === undefined || new RegExp(`^(?:${match.regex})$`).test(value)
}

/** HTTPRoute: of all matches that hold the most specific one, then the first. Expressions come after everything else, in no order one may trust. */
export function mostSpecificRule(rules: readonly HTTPRouteRule[], request: SampleRequest): number {
  const candidates = rules.flatMap(({ matches = [{}] }, rule) =>
    matches.filter((match) => takes(match, request)).map((match) => ({ rule, rank: rankOf(match) })),
  )
  candidates.sort((a, b) => b.rank.localeCompare(a.rank) || a.rule - b.rule)
  return candidates[0]?.rule ?? -1
}

function takes({ path, method, headers = [], queryParams = [] }: HTTPRouteMatch, request: SampleRequest): boolean {
  const valueFits = (type: string | undefined, wanted: string, value: string | undefined) =>
    value !== undefined && (type === 'RegularExpression' ? new RegExp(`^(?:${wanted})$`).test(value) : value === wanted)
  return (
    pathFits(path?.type ?? 'PathPrefix', path?.value ?? '/', request.path) &&
    (method === undefined || method === request.method) &&
    headers.every(({ type, name, value }) => valueFits(type, value, request.headers[name])) &&
    queryParams.every(({ type, name, value }) => valueFits(type, value, request.query[name]))
  )
}

function pathFits(type: string, value: string, path: string): boolean {
  if (type === 'Exact') return path === value
  if (type === 'RegularExpression') return new RegExp(`^(?:${value})$`).test(path)
  return value === '/' || path === value || path.startsWith(`${value.replace(/\/$/, '')}/`)
}

function rankOf({ path, method, headers = [], queryParams = [] }: HTTPRouteMatch): string {
  const type = path?.type ?? 'PathPrefix'
  const length = type === 'PathPrefix' ? (path?.value ?? '/').length : 0
  return [type === 'Exact' ? 1 : 0, length, method === undefined ? 0 : 1, headers.length, queryParams.length]
    .map((rank) => String(rank).padStart(4, '0'))
    .join(' ')
}
