/** Warns of HTTP routes that can never take a request because an earlier one takes them all (Istio's IST0130 and IST0131). */
import type { HTTPMatchRequest, VirtualServiceSpec } from '../gen/types.js'
import type { FaultList } from '../validate/fault.js'
import { warning } from './reporter.js'

export function checkUnreachable(spec: VirtualServiceSpec, faults: FaultList): void {
  const routes = spec.http ?? []
  const earlier: { readonly text: string; readonly match: HTTPMatchRequest; readonly route: number }[] = []
  let catchAll: number | undefined
  routes.forEach((route, index) => {
    if (catchAll !== undefined) {
      warning(
        faults,
        'virtual-service/unreachable-route',
        ['http', index],
        `No request gets here: http[${catchAll}] has no match and takes every request.`,
      )
      return
    }
    const matches = route.match ?? []
    if (matches.length === 0) catchAll = index
    matches.forEach((match, position) => {
      const text = canonical(match)
      const before = earlier.find((other) => other.text === text || prefixCovers(other.match, match))
      if (before !== undefined && before.route < index) {
        const message = `No request gets here: http[${before.route}] already takes everything this match does.`
        warning(faults, 'virtual-service/unreachable-match', ['http', index, 'match', position], message)
      }
      earlier.push({ text, match, route: index })
    })
  })
}

function canonical(match: HTTPMatchRequest): string {
  return JSON.stringify(match, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** An earlier match on nothing but a uri prefix takes every longer path, whatever else the later match asks for. */
function prefixCovers(earlier: HTTPMatchRequest, later: HTTPMatchRequest): boolean {
  const prefix = earlier.uri?.prefix
  const isOnlyPrefix = prefix !== undefined && Object.keys(earlier).every((key) => key === 'uri' || key === 'name')
  if (!isOnlyPrefix || later.ignoreUriCase === true) return false
  const path = later.uri?.exact ?? later.uri?.prefix
  return path === undefined ? prefix === '/' && later.uri === undefined : path.startsWith(prefix)
}
