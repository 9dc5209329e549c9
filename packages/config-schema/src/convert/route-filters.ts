/** Changes of headers, redirects, rewrites and mirrors as filters of an HTTPRoute. */
import type { HTTPHeaderFilter, HTTPPathModifier, HTTPRouteFilter, HTTPRouteMatch } from '../gen/gateway-api-types.js'
import type { HTTPRedirect, HTTPRewrite, HeaderOperations, Headers } from '../gen/types.js'
import { inexact, onlyKnown, type Conversion, type Path } from './conversion.js'
import { httpRouteSizes } from './http-route-sizes.js'

const headerName = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,256}$/
const preciseHost = /^(?=.{1,253}$)(?!\d+(?:\.\d+){3}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/
const redirectCodes = [301, 302, 303, 307, 308]

export function headerFilters(conversion: Conversion, at: Path, headers: Headers | undefined): readonly HTTPRouteFilter[] {
  if (headers === undefined) return []
  onlyKnown(conversion, at, headers, ['request', 'response'])
  const request = headerFilter(conversion, [...at, 'request'], headers.request)
  const response = headerFilter(conversion, [...at, 'response'], headers.response)
  return [
    ...(request === undefined ? [] : [{ type: 'RequestHeaderModifier', requestHeaderModifier: request } as const]),
    ...(response === undefined ? [] : [{ type: 'ResponseHeaderModifier', responseHeaderModifier: response } as const]),
  ]
}

function headerFilter(conversion: Conversion, at: Path, operations: HeaderOperations | undefined): HTTPHeaderFilter | undefined {
  if (operations === undefined) return undefined
  onlyKnown(conversion, at, operations, ['set', 'add', 'remove'])
  const set = headerList(conversion, [...at, 'set'], operations.set)
  const add = headerList(conversion, [...at, 'add'], operations.add)
  const remove = operations.remove ?? []
  if (remove.length > httpRouteSizes.headers) tooMany(conversion, [...at, 'remove'])
  const filter = {
    ...(set.length > 0 ? { set } : {}),
    ...(add.length > 0 ? { add } : {}),
    ...(remove.length > 0 ? { remove } : {}),
  }
  return Object.keys(filter).length > 0 ? filter : undefined
}

function headerList(
  conversion: Conversion,
  at: Path,
  values: Readonly<Record<string, string>> | undefined,
): readonly { readonly name: string; readonly value: string }[] {
  const entries = Object.entries(values ?? {})
  if (entries.length > httpRouteSizes.headers) tooMany(conversion, at)
  return entries.flatMap(([name, value]) => {
    const problem = headerProblem(name, value)
    if (problem === undefined) return [{ name, value }]
    inexact(conversion, [...at, name], problem)
    return []
  })
}

function headerProblem(name: string, value: string): string | undefined {
  if (!headerName.test(name) || name.toLowerCase() === 'host')
    return 'Filters of an HTTPRoute change plain headers only; use rewrite.authority for the host.'
  if (value.includes('%')) return 'The proxy fills in %...% here; what an HTTPRoute does with it is left to its implementation.'
  return value === '' ? 'Filters of an HTTPRoute set no empty headers.' : undefined
}

function tooMany(conversion: Conversion, at: Path): void {
  inexact(conversion, at, `A filter of an HTTPRoute takes at most ${httpRouteSizes.headers} headers.`)
}

export function redirectFilter(
  conversion: Conversion,
  at: Path,
  redirect: HTTPRedirect,
  matches: readonly HTTPRouteMatch[] | undefined,
): HTTPRouteFilter {
  onlyKnown(conversion, at, redirect, ['uri', 'prefixRewrite', 'authority', 'scheme', 'redirectCode', 'port', 'derivePort'])
  const { uri, prefixRewrite, authority, scheme, redirectCode = 301, port } = redirect
  if (!redirectCodes.includes(redirectCode))
    inexact(conversion, [...at, 'redirectCode'], `HTTPRoute redirects with one of ${redirectCodes.join(', ')}.`)
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    inexact(conversion, [...at, 'scheme'], 'HTTPRoute knows http and https.')
  checkPort(conversion, at, redirect)
  const hostname = authority === undefined ? undefined : preciseHostOf(conversion, [...at, 'authority'], authority)
  const path =
    uri === undefined
      ? prefixModifier(conversion, [...at, 'prefixRewrite'], prefixRewrite, matches)
      : fullPath(conversion, [...at, 'uri'], uri)
  return {
    type: 'RequestRedirect',
    requestRedirect: {
      ...(scheme === 'http' || scheme === 'https' ? { scheme } : {}),
      ...(hostname === undefined ? {} : { hostname }),
      ...(path === undefined ? {} : { path }),
      ...(port === undefined ? {} : { port }),
      statusCode: redirectCode,
    },
  }
}

/** Without a port the one keeps that of the request's host, the other takes that of the scheme or of the listener. */
function checkPort(conversion: Conversion, at: Path, { port, derivePort, scheme }: HTTPRedirect): void {
  if (port !== undefined || (derivePort === 'FROM_PROTOCOL_DEFAULT' && scheme !== undefined)) return
  if (derivePort !== undefined) {
    inexact(conversion, [...at, 'derivePort'], 'HTTPRoute derives the port from the scheme it redirects to, else from its listener.')
    return
  }
  inexact(
    conversion,
    at,
    'A redirect without port keeps the port of the request; that of an HTTPRoute takes the one of its scheme or listener. Name the port.',
  )
}

/** @returns the filter, and undefined when nothing of it could be converted. */
export function rewriteFilter(
  conversion: Conversion,
  at: Path,
  rewrite: HTTPRewrite,
  matches: readonly HTTPRouteMatch[] | undefined,
): HTTPRouteFilter | undefined {
  onlyKnown(conversion, at, rewrite, ['uri', 'authority'], { uriRegexRewrite: 'HTTPRoute does not rewrite by expressions.' })
  const hostname = rewrite.authority === undefined ? undefined : preciseHostOf(conversion, [...at, 'authority'], rewrite.authority)
  const isExact = matches !== undefined && matches.every(({ path }) => path?.type === 'Exact')
  const uriAt = [...at, 'uri']
  const path =
    isExact && rewrite.uri !== undefined
      ? fullPath(conversion, uriAt, rewrite.uri)
      : prefixModifier(conversion, uriAt, rewrite.uri, matches)
  if (hostname === undefined && path === undefined) return undefined
  return { type: 'URLRewrite', urlRewrite: { ...(hostname === undefined ? {} : { hostname }), ...(path === undefined ? {} : { path }) } }
}

function fullPath(conversion: Conversion, at: Path, value: string): HTTPPathModifier | undefined {
  if (value.startsWith('/') && !/[?#]/.test(value)) return { type: 'ReplaceFullPath', replaceFullPath: value }
  return inexact(conversion, at, 'HTTPRoute replaces a path by a path, which begins with / and has no ? and no #.')
}

/** The one replaces characters, the other path segments: the same where both ends agree about a closing slash. */
function prefixModifier(
  conversion: Conversion,
  at: Path,
  value: string | undefined,
  matches: readonly HTTPRouteMatch[] | undefined,
): HTTPPathModifier | undefined {
  if (value === undefined) return undefined
  const only = matches === undefined ? {} : matches.length === 1 ? matches[0] : undefined
  const path = only === undefined ? undefined : (only.path ?? { type: 'PathPrefix', value: '/' })
  if (path === undefined || (path.type ?? 'PathPrefix') !== 'PathPrefix')
    return inexact(conversion, at, 'HTTPRoute replaces a prefix only in a rule with one match, and that on a path prefix.')
  const isClosed = (path.value ?? '/').endsWith('/')
  if (!value.startsWith('/') || isClosed !== value.endsWith('/'))
    return inexact(conversion, at, 'This replaces characters, HTTPRoute whole path segments; the results differ by a slash.')
  return { type: 'ReplacePrefixMatch', replacePrefixMatch: value }
}

function preciseHostOf(conversion: Conversion, at: Path, host: string): string | undefined {
  return preciseHost.test(host) ? host : inexact(conversion, at, 'HTTPRoute takes a host name here, without a port and in lower case.')
}
