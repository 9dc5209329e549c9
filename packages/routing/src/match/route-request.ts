/** What routing needs to know of a request. The engine's lazy header view and the simulator's plain object both give it. */
export interface RouteRequest {
  readonly method: string
  /** With the query, as in `:path`. */
  readonly path: string
  /** The `Host` header or `:authority`, port included. */
  readonly authority: string
  readonly scheme: string
  /** The values of a header joined by `,`; undefined when there is none. @param name in lower case. */
  header(name: string): string | undefined
}

/** The path without query and fragment: what Envoy's path matchers see. */
export function pathOnly(path: string): string {
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at)
    if (code === 0x3f || code === 0x23) return path.slice(0, at)
  }
  return path
}

/** The value of a header or pseudo header. */
export function headerOf(request: RouteRequest, name: string): string | undefined {
  if (name.charCodeAt(0) !== 0x3a) return request.header(name)
  switch (name) {
    case ':method':
      return request.method
    case ':path':
      return request.path
    case ':authority':
      return request.authority
    case ':scheme':
      return request.scheme
    default:
      return undefined
  }
}

/** The first value of a query parameter, not decoded (as Envoy compares it); undefined when absent. */
export function queryParameterOf(path: string, name: string): string | undefined {
  const start = path.indexOf('?')
  if (start < 0) return undefined
  const hash = path.indexOf('#', start)
  for (const pair of path.slice(start + 1, hash < 0 ? undefined : hash).split('&')) {
    const equals = pair.indexOf('=')
    if ((equals < 0 ? pair : pair.slice(0, equals)) === name) return equals < 0 ? '' : pair.slice(equals + 1)
  }
  return undefined
}
