/**
 * Where our configuration differs from the goldens, with the reason. Nothing else may differ. A difference is either a place
 * (`path`), or parts of the golden that are set aside before comparing because they would shift everything behind them.
 */
import type { Json } from './corpus.js'
import type { Difference } from './json-difference.js'

interface AcceptedDifference {
  readonly scenario: string
  readonly path?: RegExp
  /** Names of filters that are taken out of the golden. */
  readonly filters?: RegExp
  readonly reason: string
}

const acceptedDifferences: readonly AcceptedDifference[] = [
  {
    scenario: 'security',
    filters: /^envoy\.filters\.(http|network)\.(rbac|jwt_authn)$/,
    reason: 'AuthorizationPolicy and RequestAuthentication are not translated yet',
  },
]

export function isAccepted(scenario: string, difference: Difference): boolean {
  return acceptedDifferences.some((accepted) => accepted.scenario === scenario && accepted.path?.test(difference.path) === true)
}

/** The golden without the filters that the scenario's list sets aside. */
export function withoutAcceptedFilters(scenario: string, golden: readonly Json[]): readonly Json[] {
  const patterns = acceptedDifferences.filter((accepted) => accepted.scenario === scenario).flatMap((accepted) => accepted.filters ?? [])
  return patterns.length === 0 ? golden : golden.map((resource) => withoutFilters(resource, patterns))
}

function withoutFilters(value: Json, patterns: readonly RegExp[]): Json {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).filter((entry) => !isNamed(entry, patterns)).map((entry) => withoutFilters(entry, patterns))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withoutFilters(field as Json, patterns)]))
}

function isNamed(value: Json, patterns: readonly RegExp[]): boolean {
  const name = (value as { readonly name?: Json } | null)?.name
  return typeof name === 'string' && patterns.some((pattern) => pattern.test(name))
}
