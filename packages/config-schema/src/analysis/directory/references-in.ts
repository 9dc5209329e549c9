/** Every reference of a resource, with its place. */
import type { FieldPath } from '../../path.js'
import type { View } from '../mesh/view.js'
import type { Reference } from './directory.js'
import { referenceKindAt } from './reference-fields.js'

export interface PlacedReference {
  readonly reference: Reference
  readonly view: View<object>
  readonly path: FieldPath
}

export function referencesIn(view: View<object>): readonly PlacedReference[] {
  const found: PlacedReference[] = []
  const { spec } = view.resource as { readonly spec?: unknown }
  walk(spec, ['spec'], undefined, view, found)
  return found
}

type Fields = Readonly<Record<string, unknown>>

function walk(value: unknown, path: FieldPath, owner: Fields | undefined, view: View<object>, found: PlacedReference[]): void {
  if (typeof value === 'string') {
    const kind = referenceKindAt(view.kind, path)
    if (kind === undefined || value === '') return
    const { host, namespace } = owner ?? {}
    const isElsewhere = kind !== 'host' && typeof namespace === 'string' && namespace !== ''
    found.push({
      reference: {
        kind,
        text: value,
        namespace: isElsewhere ? namespace : view.namespace,
        ...(typeof host === 'string' ? { host } : {}),
      },
      view,
      path,
    })
  } else if (Array.isArray(value)) value.forEach((entry, index) => walk(entry, [...path, index], undefined, view, found))
  else if (typeof value === 'object' && value !== null)
    for (const [key, entry] of Object.entries(value)) walk(entry, [...path, key], value as Fields, view, found)
}
