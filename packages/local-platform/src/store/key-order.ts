/** Objects by their keys, in the order in which the API lists and pages them. */
import type { KubernetesObject } from '@heddle/client'

export type KeyedObject = readonly [key: string, object: KubernetesObject]

/** The objects whose key starts with `prefix`. */
export function inKeyOrder(objects: ReadonlyMap<string, KubernetesObject>, prefix: string): readonly KeyedObject[] {
  const found: KeyedObject[] = []
  for (const entry of objects) if (entry[0].startsWith(prefix)) found.push(entry)
  return found.sort(([a], [b]) => (a < b ? -1 : 1))
}
