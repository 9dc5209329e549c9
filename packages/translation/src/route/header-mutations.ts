/** VirtualService headers -> Envoy's mutations. Setting `Host` is not a mutation: it rewrites the authority. */
import type { HeaderMutations, HeaderValueOption } from '@heddle/routing'
import { defined, nonEmpty } from '../resources/defined.js'
import type { HeaderOperations, Headers } from '../resources/virtual-service.js'
import { compareText } from '../snapshot/age.js'

export interface HeaderChanges {
  /** Absent when nothing changes. */
  readonly headers?: HeaderMutations
  /** The new authority. */
  readonly authority?: string
}

export function headerChanges(settings: Headers | undefined): HeaderChanges {
  const headers: HeaderMutations = defined({
    requestAdd: nonEmpty(additions(settings?.request)),
    requestRemove: removals(settings?.request),
    responseAdd: nonEmpty(additions(settings?.response)),
    responseRemove: removals(settings?.response),
  })
  const { set, add } = settings?.request ?? {}
  const authority = [...Object.entries(set ?? {}), ...Object.entries(add ?? {})].find(([key]) => isAuthority(key))?.[1]
  return defined({ headers: Object.keys(headers).length === 0 ? undefined : headers, authority })
}

function removals(operations: HeaderOperations | undefined): readonly string[] | undefined {
  return nonEmpty((operations?.remove ?? []).filter(isMutable))
}

/** Both sets of changes, the route's before the destination's. */
export function mergeMutations(left: HeaderMutations | undefined, right: HeaderMutations | undefined): HeaderMutations | undefined {
  if (left === undefined || right === undefined) return left ?? right
  const merged: Record<string, readonly unknown[]> = { ...left }
  for (const [key, values] of Object.entries(right)) merged[key] = [...(merged[key] ?? []), ...(values as readonly unknown[])]
  return merged as HeaderMutations
}

function additions(operations: HeaderOperations | undefined): readonly HeaderValueOption[] {
  return [
    ...sorted(operations?.set).map(([key, value]) => ({ key, value, append: 'OVERWRITE_IF_EXISTS_OR_ADD' }) as const),
    ...sorted(operations?.add).map(([key, value]) => ({ key, value, append: 'APPEND_IF_EXISTS_OR_ADD' }) as const),
  ]
}

function sorted(values: Readonly<Record<string, string>> | undefined): readonly (readonly [string, string])[] {
  return Object.entries(values ?? {})
    .filter(([key]) => isMutable(key))
    .toSorted(([left], [right]) => compareText(left, right))
}

function isAuthority(key: string): boolean {
  return key.toLowerCase() === 'host' || key.toLowerCase() === ':authority'
}

/** Envoy refuses changes of pseudo headers and of `Host`. */
function isMutable(key: string): boolean {
  return !key.startsWith(':') && key.toLowerCase() !== 'host'
}
