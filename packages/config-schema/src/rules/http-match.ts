/** Rules of one HTTP match: prefixes that match everything, header names, and conditions that need a gateway. */
import type { HTTPMatchRequest, StringMatch } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { checkGatewayNames } from './gateway-names.js'
import type { RouteContext } from './http-route.js'
import { isHeaderName } from './header-name.js'
import { error, warning, within } from './reporter.js'

const pseudoHeaders = new Set([':method', ':scheme', ':authority', ':path', ':status'])
const claim = /^@request\.auth\.claims(?:\.[^\s.]+|\[[^\s\]]+\])+$/

export function checkHttpMatch(match: HTTPMatchRequest, context: RouteContext, faults: FaultList): void {
  for (const name of ['scheme', 'method', 'authority'] as const) checkPrefix(match[name], [name], faults)
  for (const name of ['uri', 'scheme', 'method', 'authority'] as const) checkRegex(match[name], [name], faults)
  for (const kind of ['exact', 'prefix'] as const) checkPath(match.uri?.[kind], kind, faults)
  for (const name of ['headers', 'withoutHeaders', 'queryParams'] as const) {
    for (const [key, value] of Object.entries(match[name] ?? {})) {
      checkPrefix(value, [name, key], faults)
      checkRegex(value, [name, key], faults, name === 'queryParams')
      if (name !== 'queryParams') within(faults, [name], () => checkHeaderName(key, context, faults))
    }
  }
  checkGatewayNames(match.gateways, faults)
}

function checkPrefix(match: StringMatch | undefined, below: readonly string[], faults: FaultList): void {
  if (match?.prefix === '') {
    error(faults, 'http-match/empty-prefix', [...below, 'prefix'], 'An empty prefix matches everything; remove this condition.', {
      expected: 'at least one character',
    })
  }
}

/** The path of a request begins with "/", but for `OPTIONS *`. */
function checkPath(path: string | undefined, kind: 'exact' | 'prefix', faults: FaultList): void {
  if (path === undefined || path === '' || path === '*' || path.startsWith('/')) return
  const message = `"${clip(path)}" matches no request: the path of a request begins with "/".`
  warning(faults, 'http-match/path', ['uri', kind], message, {
    expected: 'a path such as /api',
    ...(path.includes(':') ? {} : { suggestion: `/${clip(path)}` }),
  })
}

/** Only for headers a lone `*` asks for presence. */
function checkRegex(match: StringMatch | undefined, below: readonly string[], faults: FaultList, hasNoPresence = true): void {
  if (match?.regex === '')
    error(
      faults,
      'bad-regex',
      [...below, 'regex'],
      'An empty regular expression matches nothing but an empty text; to match any text write ".*".',
      {
        expected: 'at least one character',
      },
    )
  if (match?.regex !== '*' || !hasNoPresence) return
  error(faults, 'bad-regex', [...below, 'regex'], '"*" is not a regular expression; to match any text write ".*".', { suggestion: '.*' })
}

function checkHeaderName(name: string, context: RouteContext, faults: FaultList): void {
  if (name.startsWith('@request.auth.claims')) {
    if (!claim.test(name))
      error(faults, 'http-match/claim', [name], `"${clip(name)}" is not a claim; expected @request.auth.claims.NAME.`, { part: 'key' })
    else if (!context.isGatewayBound || context.isMeshBound) {
      error(
        faults,
        'http-match/claim',
        [name],
        'Claims are known only at gateways: bind this VirtualService to a gateway and not to "mesh".',
        { part: 'key' },
      )
    }
  } else if (!pseudoHeaders.has(name) && !isHeaderName(name)) {
    error(faults, 'bad-header-name', [name], name === '' ? 'A header name cannot be empty.' : `"${clip(name)}" is not a header name.`, {
      part: 'key',
    })
  }
}
