/** `heddle get`: the server's own tables, or the objects themselves. */
import { statusError, readStatus, type KubernetesObject } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { renderObjects, type ObjectFormat, objectFormats } from '../output/objects.js'
import { formatTable, type ServerTable } from '../output/server-table.js'
import { selectionPath } from './selection-path.js'
import { discoverResources } from '../target/discovery.js'
import { readText } from '../target/response.js'
import { type Selection, parseSelections } from '../target/selection.js'
import { type Target, withTarget } from '../target/target.js'
import { followTable } from './get-watch.js'

const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

export async function run(invocation: Invocation): Promise<number> {
  const format = invocation.flags.string('output') ?? 'table'
  if (!['table', 'wide', ...objectFormats].includes(format))
    throw usageError(`-o ${format} is not one of wide, ${objectFormats.join(', ')}`)
  return withTarget(invocation, async (target) => {
    const selections = parseSelections(await discoverResources(target.client), invocation.positionals)
    if ((objectFormats as readonly string[]).includes(format)) return getObjects(invocation, target, selections, format as ObjectFormat)
    return getTables(invocation, target, selections, format === 'wide')
  })
}

async function getTables(invocation: Invocation, target: Target, selections: readonly Selection[], wide: boolean): Promise<number> {
  const { stdout, stderr } = invocation.streams
  const everywhere = invocation.flags.boolean('all-namespaces')
  const severalKinds = selections.length > 1 && selections.some(({ name }) => name === undefined)
  const blocks: string[] = []
  let missing = 0
  for (const selection of selections) {
    const table = await fetchTable(invocation, target, selection)
    if ('failure' in table) {
      stderr.write(`Error from server (${table.reason}): ${table.failure}\n`)
      missing++
    } else if (invocation.flags.boolean('watch')) {
      return followTable(invocation, target, selection, table, wide)
    } else if (table.rows.length > 0)
      blocks.push(
        formatTable(table, selection, { wide, everywhere, withKind: severalKinds, noHeaders: invocation.flags.boolean('no-headers') }),
      )
  }
  if (blocks.length > 0) stdout.write(blocks.join('\n'))
  else if (missing === 0) stderr.write(everywhere ? 'No resources found\n' : `No resources found in ${target.namespace} namespace.\n`)
  return missing > 0 ? exitCode.failure : exitCode.ok
}

async function fetchTable(
  invocation: Invocation,
  target: Target,
  selection: Selection,
): Promise<ServerTable | { readonly failure: string; readonly reason: string }> {
  const response = await target.client.request({
    path: selectionPath(invocation, target, selection),
    headers: { accept: tableAccept },
    signal: invocation.signal,
  })
  const text = await readText(response.body)
  if (response.status < 400) return JSON.parse(text) as ServerTable
  const status = readStatus(response.status, text)
  if (response.status !== 404 || selection.name === undefined) throw statusError(status)
  return { failure: status.message ?? 'not found', reason: status.reason ?? 'NotFound' }
}

async function getObjects(invocation: Invocation, target: Target, selections: readonly Selection[], format: ObjectFormat): Promise<number> {
  const objects: { readonly selection: Selection; readonly object: KubernetesObject }[] = []
  for (const selection of selections) {
    const response = await target.client.request({ path: selectionPath(invocation, target, selection), signal: invocation.signal })
    const text = await readText(response.body)
    if (response.status >= 400) throw statusError(readStatus(response.status, text))
    const answer = JSON.parse(text) as KubernetesObject & { readonly items?: readonly KubernetesObject[] }
    const kind = { apiVersion: answer.apiVersion, kind: answer.kind.replace(/List$/, '') }
    for (const object of selection.name === undefined ? (answer.items ?? []) : [answer])
      objects.push({ selection, object: { ...kind, ...object } })
  }
  const single = selections.length === 1 && selections[0]?.name !== undefined
  invocation.streams.stdout.write(await renderObjects(objects, format, single))
  return exitCode.ok
}
