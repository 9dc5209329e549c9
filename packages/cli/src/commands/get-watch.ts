/** `heddle get -w`: the table first, then one row for each change until Ctrl-C. */
import { readStatus, type Status, statusError } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { type ServerTable, type TableColumns, textTable } from '../output/server-table.js'
import { columnWidths, renderTable } from '../output/table.js'
import { linesOf, readText } from '../target/response.js'
import type { Selection } from '../target/selection.js'
import type { Target } from '../target/target.js'
import { selectionPath } from './selection-path.js'

type TableEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: ServerTable }
  | { readonly type: 'ERROR'; readonly object: Status }

export async function followTable(
  invocation: Invocation,
  target: Target,
  selection: Selection,
  first: ServerTable,
  columns: TableColumns,
  noHeaders: boolean,
): Promise<number> {
  const { stdout } = invocation.streams
  const text = textTable(first, selection.resource, columns)
  if (first.rows.length > 0) stdout.write(renderTable(text, { noHeaders }))
  let isHeaderDue = first.rows.length === 0 && !noHeaders
  let widths = columnWidths(text)
  for await (const event of changes(invocation, target, selection, first.metadata?.resourceVersion ?? '')) {
    if (event.type === 'BOOKMARK') continue
    if (event.type === 'ERROR') throw statusError(event.object)
    // The server names columns in the first event of a watch only.
    const columnDefinitions = event.object.columnDefinitions?.length ? event.object.columnDefinitions : first.columnDefinitions
    const rows = textTable({ ...event.object, columnDefinitions }, selection.resource, columns)
    stdout.write(renderTable(rows, { noHeaders: !isHeaderDue, atLeast: widths }))
    isHeaderDue = false
    widths = columnWidths(rows).map((width, column) => Math.max(width, widths[column] ?? 0))
  }
  return exitCode.ok
}

async function* changes(invocation: Invocation, target: Target, selection: Selection, version: string): AsyncGenerator<TableEvent> {
  const collection = selectionPath(invocation, target, { resource: selection.resource })
  const query = new URLSearchParams({ watch: 'true', resourceVersion: version })
  if (selection.name !== undefined) query.set('fieldSelector', `metadata.name=${selection.name}`)
  const response = await target.client.request({
    path: `${collection}${collection.includes('?') ? '&' : '?'}${query.toString()}`,
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    signal: invocation.signal,
  })
  if (response.status >= 400) throw statusError(readStatus(response.status, await readText(response.body)))
  for await (const line of linesOf(response.body)) if (line.trim() !== '') yield JSON.parse(line) as TableEvent
}
