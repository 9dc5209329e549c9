/**
 * Parts of translations that are the same for many proxies, computed once per snapshot. They are the same objects for all of
 * them, so that whoever encodes configurations can recognise them too. Dropped together with the snapshot.
 */
import type { MeshSnapshot } from './mesh-snapshot.js'

const caches = new WeakMap<MeshSnapshot, Map<string, unknown>>()

/** `compute` must depend on nothing but the snapshot and what `key` says. */
export function shared<T>(snapshot: MeshSnapshot, key: string, compute: () => T): T {
  let cache = caches.get(snapshot)
  if (cache === undefined) {
    cache = new Map()
    caches.set(snapshot, cache)
  }
  if (!cache.has(key)) cache.set(key, compute())
  return cache.get(key) as T
}
