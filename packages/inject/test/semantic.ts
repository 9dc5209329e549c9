/**
 * Brings a manifest of ours and one of Istio's to a form in which equal meaning is deep equality: Go writes empty structs and null, and JSON inside
 * strings has no fixed order of keys; both are spelling, not meaning.
 */
import { parseAllDocuments } from 'yaml'
import { isJsonObject, type JsonObject, type JsonValue } from '../src/json.js'

export function meaningOf(yaml: string): JsonValue[] {
  const values = parseAllDocuments(yaml, { merge: true }).map((document) => document.toJS() as JsonValue)
  return values.filter((value) => value !== null).map((value) => clean(withoutStatus(value)) ?? {})
}

/** What a server writes and `kubectl apply` ignores. */
function withoutStatus(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value
  const { status: _, ...rest } = value
  if (!Array.isArray(rest['items'])) return rest
  return { ...rest, items: rest['items'].map(withoutStatus) }
}

/** Drops null, empty maps and empty lists; unfolds JSON in texts; writes quantities one way. */
function clean(value: JsonValue | undefined, key = ''): JsonValue | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'string') return cleanText(value, key)
  if (Array.isArray(value)) {
    const items = value.map((item) => clean(item, key)).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).map(([name, field]): [string, JsonValue | undefined] => [name, clean(field, name)])
  const kept = entries.filter(([, field]) => field !== undefined)
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as JsonObject)
}

function cleanText(text: string, key: string): JsonValue | undefined {
  if (key === 'cpu' && /^\d+m$/.test(text)) return String(Number(text.slice(0, -1)) / 1000)
  const trimmed = text.trim()
  if (!trimmed.startsWith('{') && !trimmed.startsWith('[')) return text === '' && key === 'value' ? undefined : text
  try {
    return { json: clean(JSON.parse(trimmed) as JsonValue) ?? null }
  } catch {
    return text
  }
}

export interface Difference {
  readonly path: string
  readonly ours: JsonValue | undefined
  readonly istio: JsonValue | undefined
}

/** Every place where two meanings differ. Items that have a `name` are compared by it and their order counts as a difference of its own. */
export function differences(ours: JsonValue | undefined, istio: JsonValue | undefined, path = ''): Difference[] {
  if (isJsonObject(ours) && isJsonObject(istio)) {
    const keys = [...new Set([...Object.keys(ours), ...Object.keys(istio)])].sort()
    return keys.flatMap((key) => differences(ours[key], istio[key], `${path}/${key}`))
  }
  if (Array.isArray(ours) && Array.isArray(istio)) return listDifferences(ours, istio, path)
  return JSON.stringify(ours) === JSON.stringify(istio) ? [] : [{ path, ours, istio }]
}

function listDifferences(ours: JsonValue[], istio: JsonValue[], path: string): Difference[] {
  const names = (list: JsonValue[]): string[] =>
    list.flatMap((item) => (isJsonObject(item) && typeof item['name'] === 'string' ? [item['name']] : []))
  const isNamed = [ours, istio].every((list) => names(list).length === list.length && new Set(names(list)).size === list.length)
  if (!isNamed) {
    const length = Math.max(ours.length, istio.length)
    return Array.from({ length }, (_, index) => differences(ours[index], istio[index], `${path}/${index}`)).flat()
  }
  const find = (list: JsonValue[], name: string): JsonValue | undefined => list.find((item) => isJsonObject(item) && item['name'] === name)
  const all = [...new Set([...names(ours), ...names(istio)])]
  const common = (list: JsonValue[]): string =>
    names(list)
      .filter((name) => find(ours, name) && find(istio, name))
      .join(',')
  const order = common(ours) === common(istio) ? [] : [{ path: `${path}#order`, ours: common(ours), istio: common(istio) }]
  return [...order, ...all.flatMap((name) => differences(find(ours, name), find(istio, name), `${path}/${name}`))]
}
