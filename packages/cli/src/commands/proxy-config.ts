/** `heddle proxy-config PART POD`: what a proxy really runs, from its own config dump. */
import type { CommandRun, Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { type DumpFilter, dumpFilters, type DumpPart, dumpParts, dumpTable, resourcesOf } from '../output/config-dump.js'
import { dataFormatOf } from '../output/data-format.js'
import { renderTable } from '../output/table.js'
import { configDumpOf } from '../target/config-dump.js'
import { findProxyPod } from '../target/pods.js'
import { withTarget } from '../target/target.js'

export function runFor(part: DumpPart): CommandRun {
  return async (invocation: Invocation) => {
    const format = dataFormatOf(invocation)
    return withTarget(invocation, async (target) => {
      const pod = await findProxyPod(target, invocation.positionals[0])
      const dump = await configDumpOf(target, pod)
      const { stdout } = invocation.streams
      const filter = filterOf(invocation, part)
      if (format) stdout.write(await format(resourcesOf(dump, part, filter)))
      else stdout.write(renderTable(dumpTable(dump, part, filter)))
      return exitCode.ok
    })
  }
}

/** Everything: one table below the other, or the dump as it is. */
export async function runAll(invocation: Invocation): Promise<number> {
  const format = dataFormatOf(invocation)
  return withTarget(invocation, async (target) => {
    const dump = await configDumpOf(target, await findProxyPod(target, invocation.positionals[0]))
    invocation.streams.stdout.write(format ? await format(dump) : dumpParts.map((part) => renderTable(dumpTable(dump, part))).join('\n'))
    return exitCode.ok
  })
}

function filterOf({ flags }: Invocation, part: DumpPart): DumpFilter {
  const said = Object.keys(dumpFilters[part]).map((flag) => [flag, flags.string(flag)] as const)
  return Object.fromEntries(said.flatMap(([flag, value]) => (value === undefined ? [] : [[flag, value]])))
}
