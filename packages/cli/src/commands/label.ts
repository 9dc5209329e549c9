/** `heddle label TYPE NAME key=value key-`: sets and removes labels. */
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { discoverResources, objectName } from '../target/discovery.js'
import { parseSelections, type Selection } from '../target/selection.js'
import { type Target, withTarget } from '../target/target.js'
import { HeddleError } from '@heddle/base'

type NamedSelection = Selection & Required<Pick<Selection, 'name'>>
type Changes = Readonly<Record<string, string | null>>

export async function run(invocation: Invocation): Promise<number> {
  const { positionals, flags } = invocation
  const isChange = (word: string): boolean => word.includes('=') || word.endsWith('-')
  const words = positionals.filter((word) => !isChange(word))
  const changes = parseChanges(positionals.filter(isChange))
  if (Object.keys(changes).length === 0) throw usageError('say which labels to set (key=value) or to remove (key-)')
  return withTarget(invocation, async (target) => {
    for (const selection of await namesOf(invocation, target, words))
      await labelOne(invocation, target, selection, changes, flags.boolean('overwrite'))
    return exitCode.ok
  })
}

function parseChanges(words: readonly string[]): Changes {
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=')
      return equals < 0 ? [word.slice(0, -1), null] : [word.slice(0, equals), word.slice(equals + 1)]
    }),
  )
}

async function namesOf(
  { flags, signal }: Invocation,
  { client, namespace }: Target,
  words: readonly string[],
): Promise<readonly NamedSelection[]> {
  const selections = parseSelections(await discoverResources(client, signal), words)
  const selector = flags.string('selector')
  const named: NamedSelection[] = []
  for (const { resource, name } of selections) {
    if (name !== undefined) named.push({ resource, name })
    else if (!selector && !flags.boolean('all'))
      throw usageError(`say which ${resource.type.plural} to label: a name, -l SELECTOR, or --all`)
    else {
      const { items } = await client.list(resource.type, {
        ...(resource.namespaced ? { namespace } : {}),
        ...(selector ? { labelSelector: selector } : {}),
      })
      named.push(...items.map((object) => ({ resource, name: object.metadata.name })))
    }
  }
  return named
}

async function labelOne(
  { streams }: Invocation,
  { client, namespace }: Target,
  { resource, name }: NamedSelection,
  changes: Changes,
  overwrite: boolean,
): Promise<void> {
  const scope = resource.namespaced ? namespace : undefined
  const live = await client.get(resource.type, name, scope)
  if (live === undefined)
    throw new HeddleError({ code: 'HEDDLE_CLI_NOT_FOUND', message: `${resource.type.plural} "${name}" not found`, origin: 'user' })
  const labels = live.metadata.labels ?? {}
  const taken = Object.entries(changes).find(([key, value]) => value !== null && labels[key] !== undefined && labels[key] !== value)
  if (taken && !overwrite) {
    throw new HeddleError({
      code: 'HEDDLE_CLI_LABEL_TAKEN',
      message: `'${taken[0]}' already has a value (${labels[taken[0]] ?? ''}), and --overwrite is false`,
      origin: 'user',
    })
  }
  const changed = Object.entries(changes).some(([key, value]) => (labels[key] ?? null) !== value)
  if (changed) await client.patch(resource.type, name, { metadata: { labels: changes } }, scope)
  streams.stdout.write(
    `${objectName(resource, name)} ${!changed ? 'not labeled' : Object.values(changes).every((value) => value === null) ? 'unlabeled' : 'labeled'}\n`,
  )
}
