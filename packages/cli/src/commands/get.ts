/** `heddle get`: the server's own tables, or the objects themselves. */
import { statusError, readStatus, type KubernetesObject, type Status } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { customTable } from '../output/custom-columns.js'
import { goJson } from '../output/json-path.js'
import { listOf, renderObjects } from '../output/objects.js'
import { type ObjectOrder, objectOrder } from '../output/object-order.js'
import { type OutputFormat, parseOutputFormat } from '../output/output-format.js'
import { type ServerTable, textTable } from '../output/server-table.js'
import { renderTable } from '../output/table.js'
import { discoverResources, type ServedResource } from '../target/discovery.js'
import { readText } from '../target/response.js'
import { type Selection, parseSelections } from '../target/selection.js'
import { type Target, withTarget } from '../target/target.js'
import { followTable } from './get-watch.js'
import { selectionPath } from './selection-path.js'

const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

export async function run(invocation: Invocation): Promise<number> {
  const { flags } = invocation
  const format = parseOutputFormat(flags.string('output'))
  const sortBy = flags.string('sort-by')
  const order = sortBy === undefined || sortBy === '' ? undefined : objectOrder(sortBy)
  if (flags.boolean('watch') && format.kind !== 'table') throw usageError(`-w follows tables only, not -o ${flags.string('output')}`)
  return withTarget(invocation, async (target) => {
    const selections = await selectionsOf(invocation, target)
    requireFitting(invocation, selections)
    return format.kind === 'table'
      ? getTables(invocation, target, selections, format.wide, order)
      : getObjects(invocation, target, selections, format, order)
  })
}

async function selectionsOf(invocation: Invocation, target: Target): Promise<readonly Selection[]> {
  const { flags, positionals, signal } = invocation
  if (flags.strings('filename').length > 0 && positionals.length > 0) throw usageError('a file (-f) and a kind or name exclude each other')
  const served = await discoverResources(target.client, signal)
  if (flags.strings('filename').length === 0) return parseSelections(served, positionals)
  // The schemas come with it, and what is asked for by name should not wait for them.
  const { selectionsOfFiles } = await import('../manifest/file-selections.js')
  return selectionsOfFiles(invocation, target, served)
}

function requireFitting({ flags }: Invocation, selections: readonly Selection[]): void {
  const named = selections.filter(({ name }) => name !== undefined)
  if (flags.boolean('all-namespaces') && named.some(({ resource }) => resource.namespaced))
    throw usageError('an object cannot be asked for by name in all namespaces', 'Name its namespace with -n, or leave out the name.')
  if (flags.string('selector') !== undefined && named.length > 0) throw usageError('a name and a selector (-l) exclude each other')
  if (flags.boolean('watch') && selections.length > 1) throw usageError('-w follows one kind, or one object')
}

interface KindTable {
  readonly resource: ServedResource
  readonly table: ServerTable
}

async function getTables(
  invocation: Invocation,
  target: Target,
  selections: readonly Selection[],
  wide: boolean,
  order: ObjectOrder | undefined,
): Promise<number> {
  const { flags, streams } = invocation
  const tables: KindTable[] = []
  let missing = 0
  for (const selection of selections) {
    const answer = await ask(invocation, target, selection, tableAccept, order !== undefined)
    if ('status' in answer) missing += reportMissing(invocation, answer.status)
    else addTable(tables, selection.resource, JSON.parse(answer.text) as ServerTable)
  }
  const columns = {
    wide,
    everywhere: flags.boolean('all-namespaces'),
    withKind: new Set(selections.map(({ resource }) => resource)).size > 1,
    withLabels: flags.boolean('show-labels'),
    labels: flags.strings('label-columns').flatMap((text) => text.split(',').filter((label) => label !== '')),
  }
  const noHeaders = flags.boolean('no-headers')
  if (flags.boolean('watch') && tables[0] && selections[0])
    return followTable(invocation, target, selections[0], tables[0].table, columns, noHeaders)
  const shown = tables.filter(({ table }) => table.rows.length > 0).map((one) => (order === undefined ? one : sorted(one, order)))
  if (shown.length > 0)
    streams.stdout.write(shown.map(({ table, resource }) => renderTable(textTable(table, resource, columns), { noHeaders })).join('\n'))
  else if (missing === 0 && !flags.boolean('ignore-not-found'))
    streams.stderr.write(
      !columns.everywhere && selections.some(({ resource }) => resource.namespaced)
        ? `No resources found in ${target.namespace} namespace.\n`
        : 'No resources found\n',
    )
  return missing > 0 ? exitCode.failure : exitCode.ok
}

function sorted({ resource, table }: KindTable, order: ObjectOrder): KindTable {
  return { resource, table: { ...table, rows: order(table.rows, (row) => row.object) } }
}

/** Objects that are named one after another stand in one table. */
function addTable(tables: KindTable[], resource: ServedResource, table: ServerTable): void {
  const last = tables.at(-1)
  if (last?.resource !== resource) tables.push({ resource, table })
  else tables[tables.length - 1] = { resource, table: { ...last.table, rows: [...last.table.rows, ...table.rows] } }
}

type ObjectsFormat = Exclude<OutputFormat, { readonly kind: 'table' }>

interface FoundObject {
  readonly selection: Selection
  readonly object: KubernetesObject
}

async function getObjects(
  invocation: Invocation,
  target: Target,
  selections: readonly Selection[],
  format: ObjectsFormat,
  order: ObjectOrder | undefined,
): Promise<number> {
  const objects: FoundObject[] = []
  let missing = 0
  for (const selection of selections) {
    const answer = await ask(invocation, target, selection, 'application/json')
    if ('status' in answer) {
      missing += reportMissing(invocation, answer.status)
      continue
    }
    const found = JSON.parse(answer.text) as KubernetesObject & { readonly items?: readonly KubernetesObject[] }
    // The items of a list leave out what the list says once.
    const kind = { apiVersion: found.apiVersion, kind: found.kind.replace(/List$/, '') }
    for (const object of selection.name === undefined ? (found.items ?? []) : [found])
      objects.push({ selection, object: { ...kind, ...object } })
  }
  const ordered = order === undefined ? objects : order(objects, ({ object }) => object)
  const single = selections.length === 1 && selections[0]?.name !== undefined
  if (!single || objects.length > 0) invocation.streams.stdout.write(await render(invocation, ordered, format, single))
  return missing > 0 ? exitCode.failure : exitCode.ok
}

async function render({ flags }: Invocation, found: readonly FoundObject[], format: ObjectsFormat, single: boolean): Promise<string> {
  if (format.kind === 'objects') return renderObjects(found, format.format, single)
  const objects = found.map(({ object }) => object)
  if (format.kind === 'columns') return renderTable(customTable(format.columns, objects), { noHeaders: flags.boolean('no-headers') })
  const value = single ? objects[0] : listOf(objects)
  return format.asJson ? `${goJson(format.path.values(value), '    ')}\n` : format.path.render(value)
}

/** @returns the answer's text, or the `Status` that says that the named object does not exist. */
async function ask(
  invocation: Invocation,
  target: Target,
  selection: Selection,
  accept: string,
  wholeRows = false,
): Promise<{ readonly text: string } | { readonly status: Status }> {
  const plain = selectionPath(invocation, target, selection)
  const path = wholeRows ? `${plain}${plain.includes('?') ? '&' : '?'}includeObject=Object` : plain
  const response = await target.client.request({ path, headers: { accept }, signal: invocation.signal })
  const text = await readText(response.body)
  if (response.status < 400) return { text }
  const status = readStatus(response.status, text)
  if (response.status !== 404 || selection.name === undefined) throw statusError(status)
  return { status }
}

/** @returns how many faults that makes. */
function reportMissing({ flags, streams }: Invocation, status: Status): number {
  if (flags.boolean('ignore-not-found')) return 0
  streams.stderr.write(`Error from server (${status.reason ?? 'NotFound'}): ${status.message ?? 'not found'}\n`)
  return 1
}
