/** Conditions of a VirtualService as those of an HTTPRoute: by their meaning, so a string prefix becomes an expression where segments differ. */
import type { HTTPHeaderMatch, HTTPPathMatch, HTTPQueryParamMatch, HTTPRouteMatch } from '../gen/gateway-api-types.js'
import type { HTTPMatchRequest, StringMatch } from '../gen/types.js'
import { inexact, onlyKnown, type Conversion, type Path } from './conversion.js'
import { httpRouteSizes } from './http-route-sizes.js'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'] as const
const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,256}$/

const reasons: Readonly<Record<string, string>> = {
  name: 'Matches of an HTTPRoute have no names.',
  statPrefix: 'HTTPRoute does not name statistics.',
  ignoreUriCase: 'Paths of an HTTPRoute are compared letter by letter.',
  scheme: 'HTTPRoute does not match schemes; attach the route to the listener (sectionName) of that scheme.',
  authority: 'HTTPRoute matches hosts only by spec.hostnames.',
  withoutHeaders: 'HTTPRoute cannot ask for the absence of a header.',
  port: 'HTTPRoute matches ports only by the port of its parentRefs.',
  sourceLabels: 'HTTPRoute does not match the calling workload.',
  sourceNamespace: 'HTTPRoute does not match the namespace of the caller.',
  gateways: 'HTTPRoute attaches all its rules to the same parents; make one route for each.',
}

/** Absent matches stay absent: both kinds then take every request. */
export function convertMatches(
  conversion: Conversion,
  path: Path,
  matches: readonly HTTPMatchRequest[] | undefined,
): readonly HTTPRouteMatch[] | undefined {
  if (matches === undefined || matches.length === 0) return undefined
  if (matches.length > httpRouteSizes.matches) inexact(conversion, path, `An HTTPRoute rule has at most ${httpRouteSizes.matches} matches.`)
  return matches.map((match, index) => convertMatch(conversion, [...path, index], match))
}

function convertMatch(conversion: Conversion, at: Path, match: HTTPMatchRequest): HTTPRouteMatch {
  onlyKnown(conversion, at, withoutFalse(match), ['uri', 'method', 'headers', 'queryParams'], reasons)
  const path = match.uri === undefined ? undefined : convertPath(conversion, [...at, 'uri'], match.uri)
  const method = match.method === undefined ? undefined : convertMethod(conversion, [...at, 'method'], match.method)
  const headers = convertValues(conversion, [...at, 'headers'], match.headers)
  const queryParams = convertValues(conversion, [...at, 'queryParams'], match.queryParams)
  return {
    ...(path === undefined ? {} : { path }),
    ...(headers === undefined ? {} : { headers }),
    ...(queryParams === undefined ? {} : { queryParams }),
    ...(method === undefined ? {} : { method }),
  }
}

/** `ignoreUriCase: false` is what HTTPRoute does anyway. */
function withoutFalse(match: HTTPMatchRequest): object {
  return { ...match, ...(match.ignoreUriCase === false ? { ignoreUriCase: undefined } : {}) }
}

function convertPath(conversion: Conversion, at: Path, { exact, prefix, regex }: StringMatch): HTTPPathMatch | undefined {
  if (regex !== undefined) return { type: 'RegularExpression', value: regex }
  if (exact !== undefined) return isPath(conversion, at, exact) ? { type: 'Exact', value: exact } : undefined
  if (prefix === undefined || prefix === '' || prefix === '/') return { type: 'PathPrefix', value: '/' }
  if (!isPath(conversion, at, prefix)) return undefined
  if (!conversion.segmentPrefixes) {
    const other = prefix.endsWith('/')
      ? `does not match ${prefix.slice(0, -1)}, and in an HTTPRoute it would`
      : `also matches ${prefix}x, and in an HTTPRoute it would not`
    inexact(conversion, [...at, 'prefix'], `This prefix ${other}, where prefixes are whole path segments.`)
  }
  return { type: 'PathPrefix', value: prefix }
}

function isPath(conversion: Conversion, at: Path, value: string): boolean {
  const isFine = value.startsWith('/') && value.length <= 1024 && !/\/\/|\/\.\.?(?:\/|$)|%2f|#/i.test(value)
  if (!isFine) inexact(conversion, at, 'Not a path that HTTPRoute allows: it begins with / and has no //, /./, /../, %2f or #.')
  return isFine
}

function convertMethod(conversion: Conversion, at: Path, { exact }: StringMatch): HTTPRouteMatch['method'] {
  const method = methods.find((name) => name === exact)
  return method ?? inexact(conversion, at, `HTTPRoute matches one of the methods ${methods.join(', ')} exactly.`)
}

/** Headers and query parameters; what asks for presence becomes an expression that any value fits. */
function convertValues(
  conversion: Conversion,
  at: Path,
  values: Readonly<Record<string, StringMatch>> | undefined,
): readonly (HTTPHeaderMatch & HTTPQueryParamMatch)[] | undefined {
  const entries = Object.entries(values ?? {})
  if (entries.length === 0) return undefined
  if (entries.length > httpRouteSizes.values) inexact(conversion, at, `An HTTPRoute match has at most ${httpRouteSizes.values} of them.`)
  return entries.flatMap(([name, match]) => {
    if (!token.test(name)) {
      inexact(conversion, [...at, name], 'HTTPRoute matches plain headers only, no pseudo-headers and no claims.')
      return []
    }
    const { type, value } = valueOf(match)
    if (value !== '' && value.length <= 1024) return [{ type, name, value }]
    inexact(conversion, [...at, name], 'HTTPRoute needs a value of 1 to 1024 characters here.')
    return []
  })
}

function valueOf({ exact, prefix, regex }: StringMatch): { readonly type: 'Exact' | 'RegularExpression'; readonly value: string } {
  if (exact !== undefined) return { type: 'Exact', value: exact }
  const expression = regex ?? (prefix === undefined ? '*' : `${prefix.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}.*`)
  return { type: 'RegularExpression', value: expression === '*' ? '.*' : expression }
}
