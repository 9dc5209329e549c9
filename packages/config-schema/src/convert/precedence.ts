/**
 * A VirtualService takes the first rule that fits, an HTTPRoute the most specific match (exact path, longest prefix, method, most headers,
 * most query parameters, then order). Both agree when no later rule could win a request that an earlier one fits.
 */
import type { HTTPRouteMatch, HTTPRouteRule } from '../gen/gateway-api-types.js'
import { inexact, type Conversion, type Path } from './conversion.js'

export function checkOrder(conversion: Conversion, path: Path, rules: readonly (HTTPRouteRule | undefined)[]): void {
  for (let later = 1; later < rules.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      if (!overtakes(matchesOf(rules[later]), matchesOf(rules[earlier]))) continue
      const message = `Rule ${earlier + 1} comes first today; HTTPRoute prefers the more specific match and could give its requests to rule ${later + 1}.`
      inexact(conversion, [...path, later], message)
      break
    }
  }
}

const everything: readonly HTTPRouteMatch[] = [{}]

function matchesOf(rule: HTTPRouteRule | undefined): readonly HTTPRouteMatch[] {
  return rule?.matches ?? everything
}

function overtakes(later: readonly HTTPRouteMatch[], earlier: readonly HTTPRouteMatch[]): boolean {
  return later.some((a) => earlier.some((b) => isMoreSpecific(a, b) && !areDisjoint(a, b)))
}

/** Whether `a` may win over `b` where both fit; with expressions that is left to implementations. */
function isMoreSpecific(a: HTTPRouteMatch, b: HTTPRouteMatch): boolean {
  const [typeA, typeB] = [typeOf(a), typeOf(b)]
  if (typeA !== typeB && (typeA === 'RegularExpression' || typeB === 'RegularExpression')) return true
  if (typeA === 'RegularExpression' && a.path?.value !== b.path?.value) return true
  const order = compareBy(ranksOf(a), ranksOf(b))
  return order > 0
}

function typeOf(match: HTTPRouteMatch): 'Exact' | 'PathPrefix' | 'RegularExpression' {
  return match.path?.type ?? 'PathPrefix'
}

/** A closing slash of a prefix means nothing. */
function pathOf(match: HTTPRouteMatch): string {
  const value = match.path?.value ?? '/'
  return typeOf(match) === 'PathPrefix' && value.length > 1 && value.endsWith('/') ? value.slice(0, -1) : value
}

function ranksOf(match: HTTPRouteMatch): readonly number[] {
  const isPrefix = typeOf(match) === 'PathPrefix'
  return [
    typeOf(match) === 'Exact' ? 1 : 0,
    isPrefix ? pathOf(match).length : 0,
    match.method === undefined ? 0 : 1,
    match.headers?.length ?? 0,
    match.queryParams?.length ?? 0,
  ]
}

function compareBy(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((rank, position) => rank !== b[position])
  return index < 0 ? 0 : (a[index] as number) - (b[index] as number)
}

function areDisjoint(a: HTTPRouteMatch, b: HTTPRouteMatch): boolean {
  if (a.method !== undefined && b.method !== undefined && a.method !== b.method) return true
  return arePathsDisjoint(a, b) || differ(a.headers, b.headers, true) || differ(a.queryParams, b.queryParams, false)
}

function arePathsDisjoint(a: HTTPRouteMatch, b: HTTPRouteMatch): boolean {
  const [typeA, typeB] = [typeOf(a), typeOf(b)]
  if (typeA === 'RegularExpression' || typeB === 'RegularExpression') return false
  const [pathA, pathB] = [pathOf(a), pathOf(b)]
  if (typeA === 'Exact') return typeB === 'Exact' ? pathA !== pathB : !isUnder(pathA, pathB)
  return typeB === 'Exact' ? !isUnder(pathB, pathA) : !isUnder(pathA, pathB) && !isUnder(pathB, pathA)
}

function isUnder(path: string, prefix: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`)
}

type Values = HTTPRouteMatch['headers']

/** The same header with two different exact values. */
function differ(a: Values, b: Values, isHeader: boolean): boolean {
  const nameOf = (name: string): string => (isHeader ? name.toLowerCase() : name)
  const isExact = (type: string | undefined): boolean => (type ?? 'Exact') === 'Exact'
  return (a ?? []).some((one) =>
    (b ?? []).some(
      (other) => nameOf(one.name) === nameOf(other.name) && isExact(one.type) && isExact(other.type) && one.value !== other.value,
    ),
  )
}
