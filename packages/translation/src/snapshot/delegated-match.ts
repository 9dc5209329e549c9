/**
 * Conditions of a delegate's rule combined with those of the rule that delegates to it (Istio's merge): every condition of the
 * delegate must lie within one of the root's, else the rule is left out. Regular expressions cannot be compared, so they stand
 * only where the other side says nothing.
 */
import { defined } from '../resources/defined.js'
import type { HttpMatchRequest, StringMatch } from '../resources/virtual-service.js'

/** Undefined when a condition of the delegate lies within none of the root's. */
export function mergeMatches(
  root: readonly HttpMatchRequest[],
  leaf: readonly HttpMatchRequest[],
): readonly HttpMatchRequest[] | undefined {
  if (root.length === 0) return leaf
  if (leaf.length === 0) return root
  const merged = leaf.map((condition) => root.filter((outer) => !conflicts(outer, condition)).map((outer) => mergeMatch(outer, condition)))
  return merged.some((found) => found.length === 0) ? undefined : merged.flat()
}

function mergeMatch(root: HttpMatchRequest, leaf: HttpMatchRequest): HttpMatchRequest {
  return defined({
    ...leaf,
    name: joined(root.name, leaf.name),
    uri: leaf.uri ?? root.uri,
    scheme: leaf.scheme ?? root.scheme,
    method: leaf.method ?? root.method,
    authority: leaf.authority ?? root.authority,
    headers: union(root.headers, leaf.headers),
    withoutHeaders: union(root.withoutHeaders, leaf.withoutHeaders),
    queryParams: union(root.queryParams, leaf.queryParams),
    port: leaf.port || root.port,
    sourceLabels: union(root.sourceLabels, leaf.sourceLabels),
    sourceNamespace: leaf.sourceNamespace || root.sourceNamespace,
    gateways: leaf.gateways?.length ? leaf.gateways : root.gateways,
  })
}

/** Names of both, the root's first. */
export function joined(root: string | undefined, leaf: string | undefined): string | undefined {
  return [root, leaf].filter((part) => part).join('-') || undefined
}

type Named<T> = Readonly<Record<string, T>>

function union<T>(root: Named<T> | undefined, leaf: Named<T> | undefined): Named<T> | undefined {
  return root === undefined && leaf === undefined ? undefined : { ...root, ...leaf }
}

function conflicts(root: HttpMatchRequest, leaf: HttpMatchRequest): boolean {
  return (
    (['uri', 'scheme', 'method', 'authority'] as const).some((field) => stringsConflict(root[field], leaf[field])) ||
    (['headers', 'withoutHeaders', 'queryParams'] as const).some((field) => anyConflicts(root[field], leaf[field])) ||
    (root.ignoreUriCase === true) !== (leaf.ignoreUriCase === true) ||
    Boolean(root.port && leaf.port && root.port !== leaf.port) ||
    sourcesConflict(root, leaf)
  )
}

function anyConflicts(root: Named<StringMatch> | undefined, leaf: Named<StringMatch> | undefined): boolean {
  return Object.entries(leaf ?? {}).some(([name, value]) => stringsConflict(root?.[name], value))
}

/** A caller's namespace that the root names must be named by the delegate, too: so istiod has it. */
function sourcesConflict(root: HttpMatchRequest, leaf: HttpMatchRequest): boolean {
  if (root.sourceNamespace && leaf.sourceNamespace !== root.sourceNamespace) return true
  const labels = Object.entries(leaf.sourceLabels ?? {})
  if (labels.some(([name, value]) => root.sourceLabels?.[name] !== undefined && root.sourceLabels[name] !== value)) return true
  const [outer, inner] = [root.gateways ?? [], leaf.gateways ?? []]
  return outer.length > 0 && inner.some((gateway) => !outer.includes(gateway))
}

/** Whether the delegate's value may lie outside of the root's. */
function stringsConflict(root: StringMatch | undefined, leaf: StringMatch | undefined): boolean {
  if (root === undefined || leaf === undefined) return false
  if (root.regex || leaf.regex) return true
  if (root.exact) return leaf.exact !== root.exact
  const inner = leaf.prefix || leaf.exact
  return !root.prefix || !inner || !inner.startsWith(root.prefix)
}
