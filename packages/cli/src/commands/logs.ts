/** `heddle logs POD`: a container's output, followed with -f. */
import { readStatus, statusError } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { secondsOf } from '../command/seconds.js'
import { readText } from '../target/response.js'
import { withTarget } from '../target/target.js'
import { findPod } from '../target/pods.js'
import { objectPath } from '../target/paths.js'
import { pods } from '../target/resource-types.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, signal } = invocation
  return withTarget(invocation, async (target) => {
    const pod = await findPod(target, invocation.positionals[0], flags.string('selector'))
    const query = new URLSearchParams()
    const container = flags.string('container') ?? invocation.positionals[1]
    if (container !== undefined) query.set('container', container)
    const lines = flags.string('tail')
    if (lines !== undefined && !/^-?\d+$/.test(lines)) throw usageError(`--tail ${lines} is not a number of lines`)
    // -1 is kubectl's word for all of them.
    if (lines !== undefined && !lines.startsWith('-')) query.set('tailLines', lines)
    const since = secondsOf(flags, 'since')
    if (since !== undefined) query.set('sinceSeconds', String(Math.ceil(since)))
    for (const flag of ['follow', 'timestamps', 'previous']) if (flags.boolean(flag)) query.set(flag, 'true')
    const response = await target.client.request({
      path: `${objectPath(pods, pod.metadata.name, pod.metadata.namespace)}/log?${query.toString()}`,
      signal,
    })
    if (response.status >= 400) throw statusError(readStatus(response.status, await readText(response.body)))
    for await (const chunk of response.body) streams.stdout.write(chunk)
    return exitCode.ok
  })
}
