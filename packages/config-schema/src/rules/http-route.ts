/** Rules of one HTTP route of a VirtualService: which actions go together, and what each action needs. */
import type { HTTPDirectResponse, HTTPRedirect, HTTPRewrite, HTTPRoute } from '../gen/types.js'
import type { FaultList } from '../validate/fault.js'
import { checkCorsPolicy } from './cors-policy.js'
import { checkDestination, checkDestinations } from './destinations.js'
import { checkFault } from './fault-injection.js'
import { checkHeaders } from './header-operations.js'
import { checkHttpMatch } from './http-match.js'
import { checkPercent } from './percentage.js'
import { eachOf, error, warning, within } from './reporter.js'
import { checkRetries } from './retries.js'

export interface RouteContext {
  readonly isDelegate: boolean
  readonly isMeshBound: boolean
  readonly isGatewayBound: boolean
}

export function checkHttpRoute(route: HTTPRoute, context: RouteContext, faults: FaultList): void {
  eachOf(faults, 'match', route.match, (match) => checkHttpMatch(match, context, faults))
  checkActions(route, context, faults)
  checkDestinations(route.route, faults)
  eachOf(faults, 'route', route.route, (entry) => checkHeaders(entry.headers, faults))
  checkHeaders(route.headers, faults, route.rewrite?.authority !== undefined)
  if (route.redirect) within(faults, ['redirect'], () => checkRedirect(route.redirect as HTTPRedirect, route, faults))
  if (route.rewrite) within(faults, ['rewrite'], () => checkRewrite(route.rewrite as HTTPRewrite, faults))
  if (route.directResponse)
    within(faults, ['directResponse'], () => checkDirectResponse(route.directResponse as HTTPDirectResponse, faults))
  checkRetries(route.retries, faults)
  checkFault(route.fault, faults)
  checkMirrors(route, faults)
  checkCorsPolicy(route.corsPolicy, faults)
}

const excludedBy: Readonly<Record<'redirect' | 'directResponse' | 'delegate', readonly (keyof HTTPRoute)[]>> = {
  redirect: ['route', 'fault', 'rewrite', 'directResponse'],
  directResponse: ['route', 'fault', 'rewrite'],
  delegate: ['route', 'redirect', 'directResponse'],
}

function checkActions(route: HTTPRoute, context: RouteContext, faults: FaultList): void {
  for (const action of ['redirect', 'directResponse', 'delegate'] as const) {
    if (route[action] === undefined) continue
    for (const other of excludedBy[action]) {
      if (isSet(route[other]))
        error(faults, 'http-route/conflicting-actions', [other], `A route with "${action}" cannot also have "${other}".`, { part: 'key' })
    }
  }
  if (route.delegate !== undefined && context.isDelegate) {
    error(faults, 'http-route/nested-delegate', ['delegate'], 'A delegate (a VirtualService without hosts) cannot delegate again.', {
      part: 'key',
    })
  }
  const hasOther = route.redirect !== undefined || route.directResponse !== undefined || route.delegate !== undefined
  if (!hasOther && !isSet(route.route)) {
    const message = 'This route goes nowhere: it needs "route" with at least one destination, or redirect, directResponse or delegate.'
    error(faults, 'http-route/action-required', ['route'], message, {
      part: 'key',
      expected: 'route, redirect, directResponse or delegate',
    })
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0)
}

function checkRedirect(redirect: HTTPRedirect, route: HTTPRoute, faults: FaultList): void {
  if (Object.values(redirect).every((value) => value === '')) {
    error(faults, 'redirect/empty', [], 'The redirect says nothing: set uri, authority, scheme, port or redirectCode.')
  }
  checkRedirectTarget(redirect, faults)
  if (redirect.prefixRewrite === undefined) return
  if (redirect.uri !== undefined) {
    error(faults, 'redirect/uri-or-prefix', ['prefixRewrite'], 'Only one of uri and prefixRewrite may be set.', { part: 'key' })
  }
  const matches = route.match ?? []
  if (matches.length === 0 || matches.some((match) => match.uri?.prefix === undefined)) {
    const message = 'prefixRewrite replaces a matched prefix, so every match of this route needs a uri prefix.'
    error(faults, 'redirect/prefix-match', ['prefixRewrite'], message, { part: 'key' })
  }
}

function checkRedirectTarget({ redirectCode = 301, scheme = '', port = 80 }: HTTPRedirect, faults: FaultList): void {
  if (redirectCode !== 0 && (redirectCode < 300 || redirectCode > 399)) {
    error(faults, 'redirect/code', ['redirectCode'], `${redirectCode} is not a redirect; expected 300 to 399, such as 301 or 308.`, {
      expected: '300 to 399',
    })
  }
  if (!['', 'http', 'https'].includes(scheme)) {
    error(faults, 'redirect/scheme', ['scheme'], 'The scheme of a redirect is http or https.', { expected: 'http or https' })
  }
  if (port < 1 || port > 65_535)
    error(faults, 'bad-port', ['port'], `${port} is not a port.`, { expected: 'a port number from 1 to 65535' })
}

function checkRewrite(rewrite: HTTPRewrite, faults: FaultList): void {
  const { uri, uriRegexRewrite, authority } = rewrite
  if (uri === undefined && uriRegexRewrite === undefined && authority === undefined) {
    error(faults, 'rewrite/empty', [], 'The rewrite says nothing: set uri, uriRegexRewrite or authority.')
  }
  if (uri !== undefined && uriRegexRewrite !== undefined)
    error(faults, 'rewrite/uri-or-regex', ['uriRegexRewrite'], 'Only one of uri and uriRegexRewrite may be set.', { part: 'key' })
  if (uriRegexRewrite && (!uriRegexRewrite.match || !uriRegexRewrite.rewrite)) {
    error(faults, 'rewrite/regex', ['uriRegexRewrite'], 'uriRegexRewrite needs both match and rewrite.', { part: 'key' })
  }
}

const largeBody = 100 * 1024
const largestBody = 1024 * 1024

function checkDirectResponse({ status, body }: HTTPDirectResponse, faults: FaultList): void {
  if (status !== undefined && (status < 200 || status > 600))
    error(faults, 'bad-status', ['status'], `${status} is not a status a response may have.`, { expected: 'a status from 200 to 599' })
  const length = (body?.string ?? body?.bytes ?? '').length
  if (length > largestBody) error(faults, 'direct-response/body-size', ['body'], 'The body is larger than 1 MiB.')
  else if (length > largeBody)
    warning(faults, 'direct-response/body-size', ['body'], 'The body is larger than 100 KiB and is held in every proxy.')
}

function checkMirrors(route: HTTPRoute, faults: FaultList): void {
  if (route.mirror !== undefined && isSet(route.mirrors))
    error(faults, 'http-route/mirror', ['mirrors'], 'Only one of mirror and mirrors may be set.', { part: 'key' })
  if (route.mirror) within(faults, ['mirror'], () => checkDestination(route.mirror, faults))
  checkPercent(route.mirrorPercentage?.value, ['mirrorPercentage', 'value'], faults)
  for (const name of ['mirrorPercent', 'mirror_percent'] as const) checkPercent(route[name] ?? undefined, [name], faults)
  eachOf(faults, 'mirrors', route.mirrors, (mirror) => {
    within(faults, ['destination'], () => checkDestination(mirror.destination, faults))
    checkPercent(mirror.percentage?.value, ['percentage', 'value'], faults)
  })
}
