/** Orders that decide between resources: age, then names, always in byte order. */
import type { ObjectMeta } from '../resources/kubernetes.js'

/** Byte order, as Go sorts: the order of the names in a configuration must not depend on a locale. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** Oldest first; then by name and namespace. Decides which of two conflicting resources wins. */
export function byCreation(left: ObjectMeta, right: ObjectMeta): number {
  return (
    compareText(left.creationTimestamp ?? '', right.creationTimestamp ?? '') ||
    compareText(`${left.name ?? ''}.${left.namespace ?? ''}`, `${right.name ?? ''}.${right.namespace ?? ''}`)
  )
}
