/**
 * Kubernetes' strategic merge patch, for the built-in kinds: a merge patch in which a list of objects merges by the field
 * that names its entries (`containers` by `name`), with the directives `$patch`, `$retainKeys`, `$setElementOrder/FIELD` and
 * `$deleteFromPrimitiveList/FIELD`. Which list merges by what is written in the schemas (config-schema).
 */
import { listMergeKeys } from '@heddle/config-schema'
import { type Fields, fieldsOf, sameJson } from '../json-fields.js'
import { badRequest } from './api-failure.js'

type Path = readonly (string | number)[]

/** How a list merges: by the field that names an entry, as a set of plain values, or not at all. */
type ListMerge = { readonly kind: 'keyed'; readonly key: string } | { readonly kind: 'set' } | { readonly kind: 'atomic' }

/** The rules of one kind, by the path of a list in its object. */
type ListRules = (path: Path) => ListMerge

const patchDirective = '$patch'
const retainDirective = '$retainKeys'
const orderPrefix = '$setElementOrder/'
const deletionPrefix = '$deleteFromPrimitiveList/'

/** @throws 400 BadRequest for a directive that is none. */
export function applyStrategicMergePatch(target: unknown, patch: unknown, apiVersion: string, kind: string): unknown {
  if (!isObject(patch)) throw badRequest('a strategic merge patch is an object')
  return mergeObject(fieldsOf(target), patch, [], listRules(apiVersion, kind))
}

/** The lists of plain values that merge; the schemas mark only lists of objects. */
const setPaths: ReadonlySet<string> = new Set(['metadata.finalizers', 'spec.podCIDRs'])

function listRules(apiVersion: string, kind: string): ListRules {
  return (path) => {
    const key = listMergeKeys(apiVersion, kind, path)?.mergeKey
    if (key !== undefined) return { kind: 'keyed', key }
    return { kind: setPaths.has(path.join('.')) ? 'set' : 'atomic' }
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isDirective(name: string): boolean {
  return name === patchDirective || name === retainDirective || name.startsWith(orderPrefix) || name.startsWith(deletionPrefix)
}

function mergeObject(original: Fields, patch: Fields, path: Path, rules: ListRules): Fields {
  const { [patchDirective]: directive, ...rest } = patch
  if (directive === 'replace') return plain(rest) as Fields
  if (directive === 'delete') return {}
  checkDirective(directive)
  const merged = new Map(Object.entries(retained(original, patch)))
  for (const [name, value] of Object.entries(patch)) {
    if (isDirective(name)) continue
    if (value === null) merged.delete(name)
    else merged.set(name, mergeField(merged.get(name), value, [...path, name], rules))
  }
  for (const name of directedLists(patch)) {
    const list = merged.get(name)
    if (Array.isArray(list)) merged.set(name, directedList(list, patch, name, fieldsOf(original)[name], rules([...path, name])))
  }
  return Object.fromEntries(merged)
}

function checkDirective(directive: unknown): void {
  if (directive !== undefined && directive !== 'merge')
    throw badRequest(`unknown value ${JSON.stringify(directive)} of $patch; supported: merge, replace, delete`)
}

/** `$retainKeys` names all fields that may stay, such as those of the chosen kind of volume. */
function retained(original: Fields, { [retainDirective]: kept }: Fields): Fields {
  if (kept === undefined) return original
  if (!Array.isArray(kept)) throw badRequest(`${retainDirective} is a list of field names`)
  return Object.fromEntries(Object.entries(original).filter(([name]) => kept.includes(name)))
}

function mergeField(original: unknown, patch: unknown, path: Path, rules: ListRules): unknown {
  if (isObject(patch)) return isObject(original) ? mergeObject(original, patch, path, rules) : mergeObject({}, patch, path, rules)
  if (!Array.isArray(patch)) return patch
  const rule = rules(path)
  if (rule.kind === 'atomic' || !Array.isArray(original))
    return rule.kind === 'keyed' ? mergeKeyed([], patch, rule.key, path, rules) : patch
  if (rule.kind === 'keyed') return mergeKeyed(original, patch, rule.key, path, rules)
  return [...original, ...patch.filter((value) => !original.some((known) => sameJson(known, value)))]
}

function mergeKeyed(
  original: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  path: Path,
  rules: ListRules,
): readonly unknown[] {
  const entries = patch.map((entry) => keyedEntry(entry, key, path))
  if (entries.some((entry) => entry[patchDirective] === 'replace'))
    return entries.filter((entry) => entry[patchDirective] === undefined && entry[key] !== undefined).map(plain)
  const merged = [...original]
  for (const entry of entries) {
    const at = merged.findIndex((candidate) => sameJson(fieldsOf(candidate)[key], entry[key]))
    if (entry[patchDirective] === 'delete') {
      if (at >= 0) merged.splice(at, 1)
    } else if (at >= 0) merged[at] = mergeObject(fieldsOf(merged[at]), entry, [...path, 0], rules)
    else merged.push(mergeObject({}, entry, [...path, 0], rules))
  }
  return inOrder(merged, original, entries, (value) => fieldsOf(value)[key])
}

function keyedEntry(entry: unknown, key: string, path: Path): Fields {
  const fields = fieldsOf(entry)
  if (fields[key] === undefined && fields[patchDirective] !== 'replace')
    throw badRequest(
      `an entry of ${path.filter((part) => part !== 0).join('.')} in the patch does not have the field "${key}" that names it`,
    )
  return fields
}

/** Fields of lists that a directive beside them speaks of. */
function directedLists(patch: Fields): readonly string[] {
  const names = Object.keys(patch).flatMap((name) =>
    [orderPrefix, deletionPrefix].flatMap((prefix) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : [])),
  )
  return [...new Set(names)]
}

function directedList(list: readonly unknown[], patch: Fields, name: string, before: unknown, rule: ListMerge): readonly unknown[] {
  const [gone, order] = [patch[`${deletionPrefix}${name}`], patch[`${orderPrefix}${name}`]]
  const left = Array.isArray(gone) ? list.filter((value) => !gone.some((one) => sameJson(one, value))) : list
  if (!Array.isArray(order)) return left
  const nameOf = (value: unknown): unknown => (rule.kind === 'keyed' ? fieldsOf(value)[rule.key] : value)
  return inOrder(left, Array.isArray(before) ? before : [], order, nameOf)
}

/** Entries that the patch names stand in its order; the others stay before those that they stood before. */
function inOrder(
  merged: readonly unknown[],
  before: readonly unknown[],
  order: readonly unknown[],
  nameOf: (value: unknown) => unknown,
): readonly unknown[] {
  const placeIn = (list: readonly unknown[], value: unknown): number => list.findIndex((one) => sameJson(nameOf(one), nameOf(value)))
  const named = merged.filter((value) => placeIn(order, value) >= 0).sort((a, b) => placeIn(order, a) - placeIn(order, b))
  const others = merged.filter((value) => placeIn(order, value) < 0)
  const result: unknown[] = []
  for (const value of named) {
    const place = placeIn(before, value)
    const isEarlier = (other: unknown): boolean => place < 0 || placeIn(before, other) < place
    while (others.length > 0 && isEarlier(others[0])) result.push(others.shift())
    result.push(value)
  }
  return [...result, ...others]
}

/** What a patch adds where nothing was: nulls and directives mean nothing there. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([name, field]) => field !== null && !isDirective(name))
  return Object.fromEntries(kept.map(([name, field]) => [name, plain(field)]))
}
