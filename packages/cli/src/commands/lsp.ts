/** `heddle lsp`: the language server, on standard input and output. */
import { serveStdio } from '@heddle/language-server/node'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'

export async function run({ flags, signal }: Invocation): Promise<number> {
  const namespace = flags.string('namespace')
  await serveStdio(namespace === undefined ? {} : { namespace }, { signal })
  return exitCode.ok
}
