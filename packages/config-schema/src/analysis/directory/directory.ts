/**
 * The names by which resources refer to each other: what a name leads to, which names there are, and where one is used. Made for
 * editors; what analysis reports as missing and what the directory finds is the same.
 */
import type { SourceRange } from '../../diagnostic.js'
import type { FieldPath } from '../../path.js'
import type { AnalyzeOptions } from '../analyze.js'
import type { FindingResource } from '../finding.js'
import type { JudgedResource } from '../judged-resource.js'
import { meshOf } from '../mesh/mesh-of.js'
import type { Mesh } from '../mesh/mesh.js'
import { resourceOf } from '../report.js'
import { definitionsOf, type Definition } from './definitions.js'
import { namesFor } from './names.js'
import type { ReferenceKind } from './reference-fields.js'
import { referencesIn, type PlacedReference } from './references-in.js'

export interface Reference {
  readonly kind: ReferenceKind
  /** As it is written. */
  readonly text: string
  /** In which it is written, or which it names beside. */
  readonly namespace: string
  /** The host to which a subset belongs, as it is written. */
  readonly host?: string
}

/** Where a name stands. */
export interface NamePlace {
  readonly resource: FindingResource
  readonly file: string
  readonly range: SourceRange
  /** The name as it stands there. */
  readonly text: string
  /** Ports of a host that is defined there. */
  readonly ports?: readonly { readonly number: number; readonly protocol: string }[]
}

export interface NameUses {
  readonly definitions: readonly NamePlace[]
  readonly references: readonly NamePlace[]
}

export interface Directory {
  /** Where a name is defined. */
  definitions(reference: Reference): readonly NamePlace[]
  /** Names that can stand in such a reference. */
  names(reference: Omit<Reference, 'text'>): readonly string[]
  /** Where else the same is meant, by this reference. */
  uses(reference: Reference): NameUses
  /** The same for a name where it is defined: of a resource, or of a subset. */
  usesOfDefinition(file: string, path: FieldPath, line: number): NameUses
}

export function createDirectory(
  resources: readonly JudgedResource[],
  options: Pick<AnalyzeOptions, 'isComplete' | 'clusterDomain'> = {},
): Directory {
  const mesh = meshOf(resources, options)
  return {
    definitions: (reference) => definitionsOf(reference, mesh).flatMap(definitionPlace),
    names: (reference) => namesFor(reference, mesh),
    uses: (reference) => usesOf(definitionsOf(reference, mesh), mesh),
    usesOfDefinition: (file, path, line) => usesOf(definitionsAt(file, path, line, mesh), mesh),
  }
}

/** Definitions of one subset hang together by the references that lead to several of them, so both grow until nothing is added. */
function usesOf(start: readonly Definition[], mesh: Mesh): NameUses {
  const numbers = new Map<object, number>(mesh.views.map((view, index) => [view, index]))
  const keyOf = ({ view, path }: Definition): string => [numbers.get(view), ...path].join('.')
  const placed = start.length === 0 ? [] : mesh.views.flatMap(referencesIn)
  const leads = new Map(placed.map((entry) => [entry, definitionsOf(entry.reference, mesh)]))
  const definitions = new Map(start.map((definition) => [keyOf(definition), definition]))
  const references = new Set<PlacedReference>()
  let size = -1
  while (definitions.size + references.size !== size) {
    size = definitions.size + references.size
    for (const [entry, found] of leads) {
      if (references.has(entry) || !found.some((lead) => definitions.has(keyOf(lead)))) continue
      references.add(entry)
      if (entry.reference.kind === 'subset') for (const lead of found) definitions.set(keyOf(lead), lead)
    }
  }
  return { definitions: [...definitions.values()].flatMap(definitionPlace), references: [...references].flatMap(referencePlace) }
}

function definitionsAt(file: string, path: FieldPath, line: number, mesh: Mesh): readonly Definition[] {
  const isName = path.join('.') === 'metadata.name'
  if (!isName && path[1] !== 'subsets') return []
  return mesh.views
    .filter(({ document }) => document?.file === file && document.rangeOf(path).line === line)
    .map((view) => ({ view, path: isName ? [] : path }))
}

function definitionPlace({ view, path, host }: Definition): readonly NamePlace[] {
  const at = path.length === 0 ? ['metadata', 'name'] : path
  return placeOf(view, at, host === undefined ? {} : { ports: host.ports })
}

function referencePlace({ view, path, reference }: PlacedReference): readonly NamePlace[] {
  return placeOf(view, path, { text: reference.text })
}

function placeOf(view: Definition['view'], path: FieldPath, more: Partial<NamePlace>): readonly NamePlace[] {
  const { document } = view
  if (document?.file === undefined) return []
  return [{ resource: resourceOf(view), file: document.file, range: document.rangeOf(path), text: document.textOf(path) ?? '', ...more }]
}
