/** JSON values as they come out of a manifest, and the few questions injection asks of them. Kubernetes treats `null` as absent, so do these. */

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject
export interface JsonObject {
  [key: string]: JsonValue | undefined
}

/** Where in an object a fault is: keys and list indexes from the root. */
export type JsonPath = readonly (string | number)[]

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A copy that shares nothing with its source, so that YAML aliases are written out and callers keep their object. */
export function cloneJson<T extends JsonValue | undefined>(value: T): T {
  if (Array.isArray(value)) return value.map((item) => cloneJson(item)) as T
  if (!isJsonObject(value)) return value
  const copy: JsonObject = {}
  // defineProperty keeps a key named __proto__ an ordinary key
  for (const key of Object.keys(value))
    Object.defineProperty(copy, key, { value: cloneJson(value[key]), enumerable: true, writable: true, configurable: true })
  return copy as T
}

/** Like JSON.stringify, with keys sorted as Go sorts those of a map. */
export function sortedKeys(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

export function describeType(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a map' : `the ${typeof value} ${JSON.stringify(value)}`
}

/** A scalar as text; maps and lists as JSON. */
export function toText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** A record that an earlier injection left in an annotation; a hand-edited one is as good as none. */
export function readRecord(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}
