/** `heddle proxy-status`: istioctl's table of what each proxy acknowledged. */
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { renderTable, type TextTable } from '../output/table.js'
import { askIstiods } from '../target/istiod.js'
import { withTarget } from '../target/target.js'

export interface SyncEntry {
  readonly proxy: string
  readonly cluster: string
  readonly version: string
  readonly types: Readonly<Record<string, { readonly state: string; readonly error?: string }>>
}

const columns = ['CDS', 'LDS', 'EDS', 'RDS'] as const

export async function run(invocation: Invocation): Promise<number> {
  const { streams, flags } = invocation
  return withTarget(invocation, async (target) => {
    const answers = await askIstiods<readonly SyncEntry[]>(target, '/debug/syncz')
    const entries = answers.flatMap(({ pod, answer }) => answer.map((entry) => ({ ...entry, istiod: pod.metadata.name })))
    if (flags.string('output') === 'json') {
      streams.stdout.write(`${JSON.stringify(entries, null, 2)}\n`)
      return exitCode.ok
    }
    if (entries.length === 0) streams.stderr.write('No proxies are connected.\n')
    else streams.stdout.write(renderTable(statusTable(entries)))
    for (const { proxy, types } of entries)
      for (const [type, { error }] of Object.entries(types))
        if (error !== undefined) streams.stderr.write(`${proxy} refused ${type}: ${error}\n`)
    return exitCode.ok
  })
}

export function statusTable(entries: readonly (SyncEntry & { readonly istiod: string })[]): TextTable {
  return {
    header: ['NAME', 'CLUSTER', ...columns, 'ISTIOD', 'VERSION'],
    rows: entries
      .toSorted((left, right) => (left.proxy < right.proxy ? -1 : 1))
      .map((entry) => [
        entry.proxy,
        entry.cluster,
        ...columns.map((type) => entry.types[type]?.state ?? 'IGNORED'),
        entry.istiod,
        entry.version,
      ]),
  }
}
