/** `heddle logs POD`: a container's output, followed with -f; with a selector that of every Pod it picks. */
import { type KubernetesObject, readStatus, statusError } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { secondsOf } from '../command/seconds.js'
import { objectPath } from '../target/paths.js'
import { containersOf, findPod, podsWith } from '../target/pods.js'
import { pods } from '../target/resource-types.js'
import { linesOf, readText } from '../target/response.js'
import { type Target, withTarget } from '../target/target.js'

/** kubectl's, so that many Pods do not flood the terminal. */
const tailOfSelector = '10'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, positionals, streams } = invocation
  const selector = flags.string('selector')
  if (selector !== undefined && positionals.length > 0) throw usageError('a name and a selector (-l) exclude each other')
  if (flags.boolean('all-containers') && (flags.string('container') ?? positionals[1]) !== undefined)
    throw usageError('a container (-c) and --all-containers exclude each other')
  const query = queryOf(invocation).toString()
  return withTarget(invocation, async (target) => {
    const chosen = selector === undefined ? [await findPod(target, positionals[0])] : await podsWith(target, selector)
    if (chosen.length === 0) streams.stderr.write(`No resources found in ${target.namespace} namespace.\n`)
    const wanted = chosen.flatMap((pod): readonly Source[] =>
      flags.boolean('all-containers') ? containersOf(pod).map((container) => ({ pod, container })) : [{ pod }],
    )
    const print = (source: Source): Promise<void> => printLog(invocation, target, source, query)
    if (flags.boolean('follow')) await Promise.all(wanted.map(print))
    else for (const source of wanted) await print(source)
    return exitCode.ok
  })
}

interface Source {
  readonly pod: KubernetesObject
  /** Default: the one that the command line names, else the API's choice. */
  readonly container?: string
}

function queryOf({ flags, positionals }: Invocation): URLSearchParams {
  const query = new URLSearchParams()
  const container = flags.string('container') ?? positionals[1]
  if (container !== undefined) query.set('container', container)
  const lines = flags.string('tail') ?? (flags.string('selector') === undefined ? '-1' : tailOfSelector)
  if (!/^-?\d+$/.test(lines)) throw usageError(`--tail ${lines} is not a number of lines`)
  // -1 is kubectl's word for all of them.
  if (!lines.startsWith('-')) query.set('tailLines', lines)
  const since = secondsOf(flags, 'since')
  if (since !== undefined) query.set('sinceSeconds', String(Math.ceil(since)))
  for (const flag of ['follow', 'timestamps', 'previous']) if (flags.boolean(flag)) query.set(flag, 'true')
  return query
}

async function printLog(invocation: Invocation, { client }: Target, { pod, container }: Source, query: string): Promise<void> {
  const { flags, positionals, streams, signal } = invocation
  const chosen = container === undefined ? '' : `&container=${encodeURIComponent(container)}`
  const path = `${objectPath(pods, pod.metadata.name, pod.metadata.namespace)}/log?${query}${chosen}`
  const response = await client.request({ path, signal })
  if (response.status >= 400) throw statusError(readStatus(response.status, await readText(response.body)))
  if (!flags.boolean('prefix')) {
    for await (const chunk of response.body) streams.stdout.write(chunk)
    return
  }
  const name = container ?? flags.string('container') ?? positionals[1] ?? defaultContainerOf(pod)
  for await (const line of linesOf(response.body)) streams.stdout.write(`[pod/${pod.metadata.name}/${name}] ${line}\n`)
}

/** The one that the API chooses when none is named. */
function defaultContainerOf(pod: KubernetesObject): string {
  const spec = pod['spec'] as { readonly containers: readonly { readonly name: string }[] }
  return pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? spec.containers[0]?.name ?? ''
}
