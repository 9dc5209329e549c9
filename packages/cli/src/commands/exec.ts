/** `heddle exec POD -- COMMAND`: runs a program with a container's environment and gives its output and exit code. */
import { HeddleError } from '@heddle/base'
import { readStatus, statusError } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { usageError } from '../command/parse.js'
import { openExec } from '../target/exec-stream.js'
import { readText } from '../target/response.js'
import { objectPath } from '../target/paths.js'
import { findPod } from '../target/pods.js'
import { pods } from '../target/resource-types.js'
import { withTarget } from '../target/target.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, positionals, rest, streams, signal } = invocation
  const command = rest.length > 0 ? rest : positionals.slice(1)
  if (command.length === 0) throw usageError('say what to run after --, such as: heddle exec deploy/sleep -- curl http://helloworld')
  // A shell without one shows no prompt and echoes nothing, which looks as if it hung.
  if (flags.boolean('tty') && streams.stdin.isTTY === true)
    throw usageError(
      'the program cannot have a terminal (-t): its input and output are pipes',
      'Run one command, such as: heddle exec POD -- ls; or leave out -t and type commands to a shell without a prompt: heddle exec -i POD -- sh',
    )
  return withTarget(invocation, async (target) => {
    const pod = await findPod(target, positionals[0])
    const query = new URLSearchParams(command.map((word): [string, string] => ['command', word]))
    const container = flags.string('container')
    if (container !== undefined) query.set('container', container)
    const hasInput = flags.boolean('stdin')
    if (hasInput) query.set('stdin', 'true')
    const path = `${objectPath(pods, pod.metadata.name, pod.metadata.namespace)}/exec?${query.toString()}`
    const { status, body, close } = await openExec(target, { path, signal, ...(hasInput && { stdin: streams.stdin }) })
    try {
      if (status >= 400) throw statusError(readStatus(status, await readText(body)))
      return await relay(body, streams)
    } finally {
      close()
    }
  })
}

/** Frames: one byte of channel (1 output, 2 errors, 3 the end as JSON), four of length, then the data. */
async function relay(body: AsyncIterable<Uint8Array>, streams: Invocation['streams']): Promise<number> {
  let pending: Buffer = Buffer.alloc(0)
  for await (const chunk of body) {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 5 && pending.length >= 5 + pending.readUInt32BE(1)) {
      const end = 5 + pending.readUInt32BE(1)
      const data = pending.subarray(5, end)
      const channel = pending[0]
      pending = pending.subarray(end)
      if (channel === 3) return ended(data.toString('utf8'))
      ;(channel === 1 ? streams.stdout : streams.stderr).write(data)
    }
  }
  throw new HeddleError({ code: 'HEDDLE_CLI_EXEC_LOST', message: 'the connection ended before the command did', retryable: true })
}

function ended(text: string): number {
  const end = JSON.parse(text) as { readonly exitCode?: number; readonly error?: { readonly message?: string } }
  if (end.exitCode !== undefined) return end.exitCode
  throw new HeddleError({ code: 'HEDDLE_CLI_EXEC_FAILED', message: end.error?.message ?? 'the command could not be run', origin: 'user' })
}
