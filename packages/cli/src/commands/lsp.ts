/** `heddle lsp`: the language server, on standard input and output. */
import { serveStdio } from '@heddle/language-server/node'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'

export async function run({ flags, signal, streams }: Invocation): Promise<number> {
  // An editor's end of the pipe is no terminal; a person at one would wait for words.
  if (streams.stdin.isTTY === true) streams.stderr.write('An editor starts this and speaks to it on standard input; Ctrl-C ends it.\n')
  const namespace = flags.string('namespace')
  await serveStdio(namespace === undefined ? {} : { namespace }, { signal })
  return exitCode.ok
}
