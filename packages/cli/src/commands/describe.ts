/** `heddle describe`: an object in plain words, with its events, which usually say what is wrong. */
import { systemClock } from '@heddle/base/node'
import type { KubernetesObject, ResourceClient } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { describeBody } from '../output/description.js'
import { renderTable } from '../output/table.js'
import { discoverResources } from '../target/discovery.js'
import { events } from '../target/resource-types.js'
import { parseSelections } from '../target/selection.js'
import { withTarget } from '../target/target.js'
import { HeddleError } from '@heddle/base'

export async function run(invocation: Invocation): Promise<number> {
  return withTarget(invocation, async ({ client, namespace }) => {
    const blocks: string[] = []
    for (const { resource, name } of parseSelections(await discoverResources(client), invocation.positionals)) {
      const scope = resource.namespaced ? namespace : undefined
      const objects =
        name === undefined
          ? (await client.list(resource.type, scope === undefined ? {} : { namespace: scope })).items
          : [await client.get(resource.type, name, scope)]
      for (const object of objects) {
        if (!object)
          throw new HeddleError({ code: 'HEDDLE_CLI_NOT_FOUND', message: `${resource.type.plural} "${name}" not found`, origin: 'user' })
        blocks.push(`${describeBody(object)}${await describeEvents(client, object, resource.kind)}`)
      }
    }
    invocation.streams.stdout.write(blocks.join('\n\n'))
    return exitCode.ok
  })
}

interface EventView {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  readonly lastTimestamp?: string
  readonly eventTime?: string
  readonly source?: { readonly component?: string }
  readonly involvedObject?: { readonly uid?: string }
}

async function describeEvents(client: ResourceClient, object: KubernetesObject, kind: string): Promise<string> {
  const { name, namespace } = object.metadata
  const selector = [`involvedObject.name=${name}`, `involvedObject.kind=${kind}`].join(',')
  const { items } = await client.list(events, { ...(namespace === undefined ? {} : { namespace }), fieldSelector: selector })
  const rows = (items as unknown as readonly EventView[]).map((event) => [
    event.type ?? '',
    event.reason ?? '',
    ageOf(event.lastTimestamp ?? event.eventTime),
    event.source?.component ?? '',
    `${event.message ?? ''}${(event.count ?? 1) > 1 ? ` (x${event.count})` : ''}`,
  ])
  return rows.length === 0
    ? 'Events:        <none>\n'
    : `Events:\n${renderTable(['TYPE', 'REASON', 'AGE', 'FROM', 'MESSAGE'], rows).replaceAll(/^/gm, '  ').trimEnd()}\n`
}

function ageOf(time: string | undefined): string {
  if (time === undefined) return '<unknown>'
  const seconds = Math.max(0, Math.round((systemClock.now() - Date.parse(time)) / 1000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}
