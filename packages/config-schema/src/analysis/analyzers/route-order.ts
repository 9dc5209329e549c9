/** Routes and matches that an earlier route of the same VirtualService leaves nothing for (IST0130, IST0131). */
import type { HTTPMatchRequest, L4MatchAttributes, TLSMatchAttributes, VirtualService } from '../../gen/types.js'
import type { Mesh } from '../mesh/mesh.js'
import type { View } from '../mesh/view.js'
import type { Report } from '../report.js'

type Match = HTTPMatchRequest | TLSMatchAttributes | L4MatchAttributes
type Protocol = 'http' | 'tls' | 'tcp'

export function analyzeRouteOrder(mesh: Mesh, report: Report): void {
  for (const view of mesh.of('VirtualService')) {
    const { http = [], tls = [], tcp = [] } = view.resource.spec
    checkRoutes(view, 'http', http, report)
    checkRoutes(view, 'tls', tls, report)
    checkRoutes(view, 'tcp', tcp, report)
  }
}

interface Seen {
  readonly match: Match
  readonly text: string
  readonly route: number
}

function checkRoutes(
  view: View<VirtualService>,
  protocol: Protocol,
  routes: readonly { readonly match?: readonly Match[] }[],
  report: Report,
): void {
  const seen: Seen[] = []
  let catchAll: number | undefined
  routes.forEach(({ match = [] }, index) => {
    const path = ['spec', protocol, index]
    if (catchAll !== undefined) {
      const related = [{ view, path: ['spec', protocol, catchAll], message: 'this route takes everything' }]
      const message = `No request gets to this route: ${protocol}[${catchAll}] has no match and takes everything.`
      report('IST0130', view, path, message, { related })
      return
    }
    if (match.length === 0) catchAll = index
    const own: Seen[] = []
    let taken = 0
    match.forEach((condition, position) => {
      const text = canonical(condition)
      const before = [...seen, ...own].find(
        (other) => other.text === text || (covers(other.match, condition) && (other.route < index || isPrefix(condition))),
      )
      if (seen.some((other) => other.text === text)) taken++
      own.push({ match: condition, text, route: index })
      if (before === undefined) return
      const related = [{ view, path: ['spec', protocol, before.route], message: 'this route takes them first' }]
      const message = `This match has no effect: ${protocol}[${before.route}] already takes everything it does.`
      report('IST0131', view, [...path, 'match', position], message, { related })
    })
    if (match.length > 0 && taken === match.length)
      report('IST0130', view, path, 'No request gets to this route: earlier routes have all of its matches.')
    seen.push(...own)
  })
}

/** Within one route an exact path beside a prefix that covers it is no mistake: it may be there for its name. */
function isPrefix({ uri }: HTTPMatchRequest): boolean {
  return uri?.exact === undefined
}

function canonical(match: Match): string {
  return JSON.stringify(conditionsOf(match), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** Names and statistics decide nothing. */
function conditionsOf(match: Match): object {
  return Object.fromEntries(Object.entries(match).filter(([key]) => key !== 'name' && key !== 'statPrefix'))
}

/** An earlier path prefix takes every longer path when all else that it asks for is asked for by the later match too. */
function covers(earlier: HTTPMatchRequest, later: HTTPMatchRequest): boolean {
  const prefix = earlier.uri?.prefix
  if (prefix === undefined || (later.ignoreUriCase === true && earlier.ignoreUriCase !== true)) return false
  const path = later.uri?.exact ?? later.uri?.prefix
  if (path === undefined ? prefix !== '/' : !path.startsWith(prefix)) return false
  const { uri: _earlierUri, ...wanted } = conditionsOf(earlier) as HTTPMatchRequest
  const { uri: _laterUri, ...given } = conditionsOf(later) as HTTPMatchRequest
  return Object.entries(wanted).every(
    ([key, value]) => canonical({ [key]: value }) === canonical({ [key]: given[key as keyof typeof given] }),
  )
}
