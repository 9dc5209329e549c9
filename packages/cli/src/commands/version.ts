/** `heddle version`: this program's, and the control plane's when one answers. */
import { isHeddleError } from '@heddle/base'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { requestJson } from '../target/response.js'
import { withTarget } from '../target/target.js'
import { clientVersion } from '../output/client-version.js'
import { dataFormatOf } from '../output/data-format.js'

export async function run(invocation: Invocation): Promise<number> {
  const format = dataFormatOf(invocation)
  const client = clientVersion()
  const server = await serverVersion(invocation)
  const { streams } = invocation
  if (format) streams.stdout.write(await format({ clientVersion: client, ...(server === undefined ? {} : { serverVersion: server }) }))
  else {
    streams.stdout.write(`client version: ${client}\n`)
    if (!invocation.flags.boolean('client')) streams.stdout.write(`server version: ${server ?? 'no mesh is running'}\n`)
  }
  return exitCode.ok
}

async function serverVersion(invocation: Invocation): Promise<string | undefined> {
  if (invocation.flags.boolean('client')) return undefined
  try {
    return await withTarget(
      invocation,
      async ({ client }) => (await requestJson<{ gitVersion: string }>(client, { path: '/version' })).gitVersion,
    )
  } catch (error) {
    if (isHeddleError(error)) return undefined
    throw error
  }
}
