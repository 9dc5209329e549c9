/** Differences between two lists of resources, by name and path. */
import type { Json } from './corpus.js'

export interface Difference {
  /** `KIND[NAME].field.0.field`. */
  readonly path: string
  readonly ours: Json | undefined
  readonly golden: Json | undefined
}

export function resourceDifferences(kind: string, ours: readonly Json[], golden: readonly Json[]): readonly Difference[] {
  const found: Difference[] = []
  const left = byName(ours)
  const right = byName(golden)
  for (const name of new Set([...left.keys(), ...right.keys()])) compare(`${kind}[${name}]`, left.get(name), right.get(name), found)
  if (found.length === 0 && [...left.keys()].join() !== [...right.keys()].join()) {
    found.push({ path: `${kind} (order)`, ours: [...left.keys()], golden: [...right.keys()] })
  }
  return found
}

function byName(resources: readonly Json[]): Map<string, Json> {
  return new Map(
    resources.map((resource) => {
      const { name, clusterName } = resource as { name?: string; clusterName?: string }
      return [name ?? clusterName ?? '', resource]
    }),
  )
}

function compare(path: string, ours: Json | undefined, golden: Json | undefined, found: Difference[]): void {
  if (isComposite(ours) && isComposite(golden) && Array.isArray(ours) === Array.isArray(golden)) {
    const left = ours as Readonly<Record<string, Json>>
    const right = golden as Readonly<Record<string, Json>>
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) compare(`${path}.${key}`, left[key], right[key], found)
  } else if (ours !== golden) found.push({ path, ours, golden })
}

function isComposite(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null
}
