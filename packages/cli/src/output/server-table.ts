/** Tables whose columns the server decides (meta.k8s.io/v1 Table), as kubectl prints them. */
import type { KubernetesObject } from '@heddle/client/resources'
import type { Selection } from '../target/selection.js'
import { renderTable } from './table.js'

export interface ServerTable {
  readonly metadata?: { readonly resourceVersion?: string }
  readonly columnDefinitions: readonly { readonly name: string; readonly priority?: number }[]
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: KubernetesObject }[]
}

export interface TableOptions {
  readonly wide: boolean
  readonly everywhere: boolean
  readonly withKind: boolean
  readonly noHeaders?: boolean
}

export function formatTable(table: ServerTable, { resource }: Selection, options: TableOptions): string {
  const shown = table.columnDefinitions.map((column, index) => ({ ...column, index })).filter(({ priority }) => options.wide || !priority)
  const kind = `${resource.singular}${resource.type.group === '' ? '' : `.${resource.type.group}`}`
  const withNamespace = options.everywhere && resource.namespaced
  const header = [...(withNamespace ? ['NAMESPACE'] : []), ...shown.map(({ name }) => name.toUpperCase())]
  const rows = table.rows.map(({ cells, object }) => [
    ...(withNamespace ? [object.metadata.namespace ?? ''] : []),
    ...shown.map(({ index }, position) => `${position === 0 && options.withKind ? `${kind}/` : ''}${cellText(cells[index])}`),
  ])
  const text = renderTable(header, rows)
  return options.noHeaders ? text.slice(text.indexOf('\n') + 1) : text
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '<none>'
  return typeof cell === 'string' ? cell : JSON.stringify(cell)
}
