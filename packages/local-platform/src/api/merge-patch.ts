/** JSON merge patch, RFC 7396: null removes, objects merge, everything else replaces. */
import type { Fields } from '../json-fields.js'

export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target)
  const merged = new Map(Object.entries(isObject ? (target as Fields) : {}))
  for (const [key, value] of Object.entries(patch as Fields)) {
    if (value === null) merged.delete(key)
    else merged.set(key, applyMergePatch(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}
