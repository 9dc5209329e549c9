/** Where the objects of a `get` lie in the API. */
import type { Invocation } from '../command/command.js'
import { collectionPath, objectPath } from '../target/paths.js'
import type { Selection } from '../target/selection.js'
import type { Target } from '../target/target.js'

/** The path of a selection with the command's selectors. */
export function selectionPath({ flags }: Invocation, target: Target, { resource, name, namespace: own }: Selection): string {
  const namespace = resource.namespaced && !flags.boolean('all-namespaces') ? (own ?? target.namespace) : undefined
  if (name !== undefined) return objectPath(resource.type, name, namespace)
  const query = new URLSearchParams()
  const labels = flags.string('selector')
  const fields = flags.string('field-selector')
  if (labels !== undefined) query.set('labelSelector', labels)
  if (fields !== undefined) query.set('fieldSelector', fields)
  const text = query.toString()
  return `${collectionPath(resource.type, namespace)}${text === '' ? '' : `?${text}`}`
}
