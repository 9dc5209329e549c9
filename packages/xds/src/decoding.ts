/** What happens while one resource is decoded: parts that this package does not know are set aside with a reason, never ignored. */

export interface Decoding {
  /** Leaves a part of the resource (by identity) out of the result. */
  readonly drop: (part: object, message: string, level?: IssueLevel) => void
  readonly dropped: ReadonlyMap<object, { readonly message: string; readonly level: IssueLevel }>
}

/** `error`: going on without it would let through or misdirect traffic; the resource should be refused. `warning`: it should not. */
export type IssueLevel = 'error' | 'warning'

export function createDecoding(): Decoding {
  const dropped = new Map<object, { readonly message: string; readonly level: IssueLevel }>()
  return { dropped, drop: (part, message, level = 'error') => void dropped.set(part, { message, level }) }
}

/** Converts a list, leaving out what `convert` set aside (it answers undefined). */
export function decodeList<T, U>(items: readonly T[] | undefined, convert: (item: T) => U | undefined): U[] | undefined {
  if (items === undefined || items.length === 0) return undefined
  const results: U[] = []
  for (const item of items) {
    const result = convert(item)
    if (result !== undefined) results.push(result)
  }
  return results
}
