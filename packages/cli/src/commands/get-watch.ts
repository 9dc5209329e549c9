/** `heddle get -w`: the table first, then one row for each change until Ctrl-C. */
import { readStatus, statusError } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { readText } from '../target/response.js'
import type { Selection } from '../target/selection.js'
import type { Target } from '../target/target.js'
import { formatTable, type ServerTable } from '../output/server-table.js'
import { selectionPath } from './selection-path.js'

interface TableEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: ServerTable
}

export async function followTable(
  invocation: Invocation,
  target: Target,
  selection: Selection,
  first: ServerTable,
  wide: boolean,
): Promise<number> {
  const { stdout } = invocation.streams
  const options = { wide, everywhere: invocation.flags.boolean('all-namespaces'), withKind: false }
  stdout.write(formatTable(first, selection, options))
  const collection = selectionPath(invocation, target, { resource: selection.resource })
  const query = new URLSearchParams({ watch: 'true', resourceVersion: first.metadata?.resourceVersion ?? '' })
  if (selection.name !== undefined) query.set('fieldSelector', `metadata.name=${selection.name}`)
  const response = await target.client.request({
    path: `${collection}${collection.includes('?') ? '&' : '?'}${query.toString()}`,
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    signal: invocation.signal,
  })
  if (response.status >= 400) throw statusError(readStatus(response.status, await readText(response.body)))
  for await (const event of jsonLines<TableEvent>(response.body)) {
    if (event.type === 'BOOKMARK' || event.type === 'ERROR') continue
    // The server names columns in the first event of a watch only.
    const table = {
      ...event.object,
      columnDefinitions: event.object.columnDefinitions?.length ? event.object.columnDefinitions : first.columnDefinitions,
    }
    stdout.write(formatTable(table, selection, { ...options, noHeaders: true }))
  }
  return exitCode.ok
}

async function* jsonLines<Line>(body: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder()
  let pending = ''
  for await (const chunk of body) {
    const lines = (pending + decoder.decode(chunk, { stream: true })).split('\n')
    pending = lines.pop() as string
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as Line
  }
}
