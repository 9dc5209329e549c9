/** Small rules of protobuf's JSON form: what is absent is left out, durations are seconds with a unit, 64-bit numbers are strings. */

type Loose<T> = { readonly [K in keyof T]: T[K] | undefined }

/** The object without its undefined fields. */
export function compact<T extends object>(fields: Loose<T>): T {
  const result: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) result[key] = value
  return result as T
}

/** The same, or undefined when nothing is left. */
export function compactOrNone<T extends object>(fields: Loose<T>): T | undefined {
  const result = compact(fields)
  return Object.keys(result).length === 0 ? undefined : result
}

/** What a field without presence is when it has its default: absent. */
export function unlessDefault<T extends string | number | boolean>(value: T | undefined): T | undefined {
  return value === '' || value === 0 || value === false ? undefined : value
}

/** The list, or undefined when it is empty: repeated fields have no presence. */
export function list<T, U>(items: readonly T[] | undefined, convert: (item: T) => U): U[] | undefined {
  return items === undefined || items.length === 0 ? undefined : items.map((item) => convert(item))
}

/** google.protobuf.Duration as JSON, with 0, 3, 6 or 9 digits. */
export function durationJson(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined
  let seconds = Math.floor(ms / 1000)
  let nanos = Math.round((ms - seconds * 1000) * 1e6)
  if (nanos === 1e9) {
    seconds += 1
    nanos = 0
  }
  if (nanos === 0) return `${seconds}s`
  const digits = String(nanos).padStart(9, '0')
  return `${seconds}.${digits.replace(/(000){1,2}$/, '')}s`
}

export function durationMs(json: string | undefined): number | undefined {
  if (json === undefined) return undefined
  const [seconds = '0', fraction = ''] = json.slice(0, -1).split('.')
  return Number(seconds) * 1000 + Number(fraction.padEnd(9, '0')) / 1e6
}

export function int64Json(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value)
}

export function int64Number(json: string | undefined): number | undefined {
  return json === undefined ? undefined : Number(json)
}

/** `value` when it is one of `known`, which is how an enum of the protocol becomes one of the model. */
export function oneOf<T extends string>(known: readonly T[], value: string | undefined): T | undefined {
  return known.find((name) => name === value)
}
