/** Rules of HTTPRoute. */
import { parseDuration } from '@heddle/base'
import type {
  HTTPExternalAuthFilter,
  HTTPPathMatch,
  HTTPRoute,
  HTTPRouteFilter,
  HTTPRouteMatch,
  HTTPRouteRule,
  HTTPRouteTimeouts,
} from '../../gen/gateway-api-types.js'
import { clip } from '../../model/clip.js'
import { formatRules } from '../../model/string-format.js'
import type { FaultList } from '../../validate/fault.js'
import { eachOf, error, within } from '../reporter.js'
import { checkCors } from './cors.js'
import { checkFilters, checkPathModifier, checkUnique } from './filters.js'
import { checkBackend, checkBackends, checkHostnames, checkMatchCount, checkParents, checkRuleNames } from './parents.js'

export function checkHttpRoute({ spec }: HTTPRoute, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkParents(spec.parentRefs, faults)
    checkHostnames(spec.hostnames, faults)
    checkRuleNames(spec.rules, faults)
    eachOf(faults, 'rules', spec.rules, (rule) => checkRule(rule, faults))
    checkMatchCount(
      (spec.rules ?? []).map(({ matches }) => matches?.length ?? 1),
      faults,
    )
  })
}

function checkRule(rule: HTTPRouteRule, faults: FaultList): void {
  eachOf(faults, 'matches', rule.matches, (match) => checkMatch(match, faults))
  checkRuleFilters(rule.filters, rule.matches, faults)
  checkBackends(rule.backendRefs, faults, (backend) => checkRuleFilters(backend.filters, rule.matches, faults))
  const redirect = rule.filters?.findIndex(({ type }) => type === 'RequestRedirect') ?? -1
  if (redirect >= 0 && (rule.backendRefs ?? []).length > 0)
    error(
      faults,
      'route/redirect-backends',
      ['backendRefs'],
      'A rule that redirects sends nothing on: RequestRedirect and backendRefs exclude each other.',
      {
        part: 'key',
        related: [{ path: [...faults.path, 'filters', redirect], message: 'The redirect.' }],
      },
    )
  if (rule.timeouts) checkTimeouts(rule.timeouts, faults)
}

function checkMatch({ path, headers, queryParams }: HTTPRouteMatch, faults: FaultList): void {
  if (path) within(faults, ['path'], () => checkPath(path, faults))
  checkUnique(headers, 'headers', faults)
  checkUnique(queryParams, 'queryParams', faults)
  for (const [name, entries] of Object.entries({ headers, queryParams }))
    eachOf(faults, name, entries, ({ type, value }) => (type === 'RegularExpression' ? checkExpression(value, faults) : undefined))
}

const oddCharacter = /[^-\w/.~!$&'()*+,;=:@%]|%(?![0-9a-fA-F]{2})/u
const parts = ['//', '/./', '/../', '%2f', '%2F', '#']

function checkPath({ type = 'PathPrefix', value = '/' }: HTTPPathMatch, faults: FaultList): void {
  if (type === 'RegularExpression') return checkExpression(value, faults)
  const bad = parts.find((part) => value.includes(part)) ?? ['/..', '/.'].find((end) => value.endsWith(end))
  if (!value.startsWith('/'))
    error(faults, 'route/path', ['value'], `"${clip(value)}" is no path; a path begins with "/".`, { suggestion: `/${clip(value)}` })
  else if (bad !== undefined)
    error(faults, 'route/path', ['value'], `A path to match may not hold "${bad}": proxies normalise it before they match.`)
  else checkPathCharacters(value, 'value', faults)
}

function checkPathCharacters(value: string | undefined, field: string, faults: FaultList): void {
  const odd = value === undefined ? undefined : oddCharacter.exec(value)?.[0]
  if (odd !== undefined)
    error(
      faults,
      'route/path',
      [field],
      `"${clip(value ?? '')}" holds "${clip(odd)}", which a URL path does not have; percent-encode it.`,
      {
        expected: 'characters of a URL path',
      },
    )
}

function checkExpression(value: string | undefined, faults: FaultList): void {
  const rule = formatRules['regex-unbounded']
  const problem = value === undefined ? undefined : rule.check(value)
  if (problem !== undefined)
    error(faults, 'bad-regex', ['value'], `${problem.charAt(0).toUpperCase()}${problem.slice(1)}; expected ${rule.expected}.`, {
      expected: rule.expected,
    })
}

const redirectCodes = [301, 302, 303, 307, 308]

function checkRuleFilters(
  filters: readonly HTTPRouteFilter[] | undefined,
  matches: readonly HTTPRouteMatch[] | undefined,
  faults: FaultList,
): void {
  checkFilters(filters, faults)
  // Without matches a rule has one: the prefix "/".
  const only = matches?.length === 1 ? matches[0] : matches === undefined || matches.length === 0 ? {} : undefined
  const hasOnePrefix = only !== undefined && (only.path?.type ?? 'PathPrefix') === 'PathPrefix'
  eachOf(faults, 'filters', filters, ({ requestRedirect, urlRewrite, cors, externalAuth }) => {
    within(faults, ['requestRedirect'], () => {
      checkPathModifier(requestRedirect?.path, hasOnePrefix, faults)
      const code = requestRedirect?.statusCode
      if (code !== undefined && !redirectCodes.includes(code))
        error(faults, 'redirect/code', ['statusCode'], `${code} is not a redirect.`, { expected: redirectCodes.join(', ') })
    })
    within(faults, ['urlRewrite'], () => checkPathModifier(urlRewrite?.path, hasOnePrefix, faults))
    if (cors) within(faults, ['cors'], () => checkCors(cors, faults))
    if (externalAuth) within(faults, ['externalAuth'], () => checkExternalAuth(externalAuth, faults))
  })
}

function checkExternalAuth({ backendRef, http }: HTTPExternalAuthFilter, faults: FaultList): void {
  within(faults, ['backendRef'], () => checkBackend(backendRef, faults))
  if (http?.path !== undefined) within(faults, ['http'], () => checkPathCharacters(http.path, 'path', faults))
}

function checkTimeouts({ request, backendRequest }: HTTPRouteTimeouts, faults: FaultList): void {
  const whole = parseDuration(request ?? '')
  const one = parseDuration(backendRequest ?? '')
  if (whole.ok && one.ok && whole.ms > 0 && one.ms > whole.ms)
    error(faults, 'route/timeouts', ['timeouts', 'backendRequest'], 'One try cannot take longer than the whole request.', {
      expected: `at most ${clip(request ?? '')}`,
      related: [{ path: [...faults.path, 'timeouts', 'request'], message: 'The time of the whole request.' }],
    })
}
