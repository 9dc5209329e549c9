/** Tables whose columns the server decides (meta.k8s.io/v1 Table), as kubectl prints them. */
import type { KubernetesObject } from '@heddle/client/resources'
import type { ServedResource } from '../target/discovery.js'
import type { TextTable } from './table.js'

export interface ServerTable {
  readonly metadata?: { readonly resourceVersion?: string }
  readonly columnDefinitions: readonly { readonly name: string; readonly priority?: number }[]
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: KubernetesObject }[]
}

export interface TableColumns {
  readonly wide: boolean
  /** With the namespace. */
  readonly everywhere: boolean
  /** `pod/web` instead of `web`. */
  readonly withKind: boolean
  readonly withLabels: boolean
  /** Labels with a column of their own. */
  readonly labels: readonly string[]
}

export function textTable(table: ServerTable, resource: ServedResource, columns: TableColumns): TextTable {
  const shown = table.columnDefinitions.map((column, index) => ({ ...column, index })).filter(({ priority }) => columns.wide || !priority)
  const kind = `${resource.singular}${resource.type.group === '' ? '' : `.${resource.type.group}`}`
  const withNamespace = columns.everywhere && resource.namespaced
  return {
    header: [
      ...(withNamespace ? ['NAMESPACE'] : []),
      ...shown.map(({ name }) => name.toUpperCase()),
      ...columns.labels.map((label) => label.slice(label.lastIndexOf('/') + 1).toUpperCase()),
      ...(columns.withLabels ? ['LABELS'] : []),
    ],
    rows: table.rows.map(({ cells, object }) => [
      ...(withNamespace ? [object.metadata.namespace ?? ''] : []),
      ...shown.map(({ index }, position) => `${position === 0 && columns.withKind ? `${kind}/` : ''}${cellText(cells[index])}`),
      ...columns.labels.map((label) => object.metadata.labels?.[label] ?? ''),
      ...(columns.withLabels ? [labelText(object.metadata.labels)] : []),
    ]),
  }
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '<none>'
  return typeof cell === 'string' ? cell : JSON.stringify(cell)
}

function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(labels ?? {}).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).join(',')
}
