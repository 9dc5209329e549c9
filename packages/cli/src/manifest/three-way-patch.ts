/**
 * The JSON merge patch (RFC 7396) of a client-side apply: sets what the manifest says, removes what an earlier apply
 * said and this one does not, and leaves alone what others have set. Lists are replaced whole.
 */
import { isDeepStrictEqual } from 'node:util'

type Json = Readonly<Record<string, unknown>>

/** @returns undefined when the live object already is what the manifest asks for. */
export function threeWayPatch(lastApplied: Json | undefined, wanted: Json, live: Json): Json | undefined {
  const patch: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(wanted)) {
    const current = live[key]
    const before = lastApplied?.[key]
    if (isObject(value) && isObject(current)) {
      const nested = threeWayPatch(isObject(before) ? before : undefined, value, current)
      if (nested) patch[key] = nested
    } else if (!covers(current, value) || isListChange(before, value, current)) patch[key] = value
  }
  for (const key of Object.keys(lastApplied ?? {})) if (!(key in wanted) && key in live) patch[key] = null
  return Object.keys(patch).length === 0 ? undefined : patch
}

/** Whether a list is not what it was at the last apply: a field that went away inside an item cannot be told from a default of the server otherwise. */
function isListChange(before: unknown, wanted: unknown, live: unknown): boolean {
  return Array.isArray(wanted) && before !== undefined && !isDeepStrictEqual(before, wanted) && !isDeepStrictEqual(live, wanted)
}

/** Whether `live` has everything that `wanted` says; servers add defaults inside list items. */
function covers(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(live) && live.length === wanted.length && wanted.every((item, index) => covers(live[index], item))
  if (isObject(wanted)) return isObject(live) && Object.entries(wanted).every(([key, value]) => covers(live[key], value))
  return live === wanted || (wanted === null && live === undefined)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
