/** Path rewrites and redirect targets of envoy.config.route.v3.RouteAction and RedirectAction. */
import { type CompileRegex, compileWith } from '../match/linear-regex.js'
import { withoutPort } from '../match/domain-index.js'
import { pathOnly, type RouteRequest } from '../match/route-request.js'
import type { PathMatcher, RedirectAction, RouteAction } from '../model/route.js'

export type RewritePath = (path: string) => string

/** The rewrite of a route's action, compiled once; undefined when the path stays as it is. The query is kept. */
export function compilePathRewrite(
  match: PathMatcher,
  action: Pick<RouteAction, 'prefixRewrite' | 'regexRewrite'>,
  compileRegex?: CompileRegex,
): RewritePath | undefined {
  const { prefixRewrite, regexRewrite } = action
  if (prefixRewrite !== undefined && prefixRewrite !== '') {
    const matched = match.kind === 'regex' || match.kind === 'connect' ? undefined : match.value.length
    return (path) => prefixRewrite + path.slice(matched ?? pathOnly(path).length)
  }
  if (!regexRewrite) return undefined
  const regex = compileWith(compileRegex, regexRewrite.regex)
  return (path) => {
    const plain = pathOnly(path)
    return regex.replaceAll(plain, regexRewrite.substitution) + path.slice(plain.length)
  }
}

/** The `location` of a redirect. @param rewrite of {@link compilePathRewrite} for the redirect. */
export function redirectLocation(action: RedirectAction, request: RouteRequest, rewrite?: RewritePath): string {
  const scheme = action.schemeRedirect ?? request.scheme
  return `${scheme}://${redirectAuthority(action, request, scheme)}${redirectPath(action, request, rewrite)}`
}

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443' }

function redirectAuthority(action: RedirectAction, request: RouteRequest, scheme: string): string {
  const host = action.hostRedirect ?? request.authority
  if (action.portRedirect !== undefined) {
    const bare = withoutPort(host)
    return String(action.portRedirect) === defaultPorts[scheme] ? bare : `${bare}:${action.portRedirect}`
  }
  // A change of scheme drops the port that was the default of the old one, as Envoy does.
  const oldDefault = defaultPorts[request.scheme]
  if (action.schemeRedirect !== undefined && action.hostRedirect === undefined && host.endsWith(`:${oldDefault}`)) return withoutPort(host)
  return host
}

function redirectPath(action: RedirectAction, request: RouteRequest, rewrite?: RewritePath): string {
  const query = action.stripQuery ? '' : request.path.slice(pathOnly(request.path).length)
  // An empty one keeps the path: Istio writes it for every redirect that has no URI.
  if (action.pathRedirect) return action.pathRedirect.includes('?') ? action.pathRedirect : action.pathRedirect + query
  const path = action.stripQuery ? pathOnly(request.path) : request.path
  return rewrite ? rewrite(path) : path
}
