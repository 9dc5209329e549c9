/** `heddle completion SHELL`: the script that completes commands and flags, made from the command table. */
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { commandTable } from '../command-table.js'
import { completionScript, type Shell, shells } from '../output/completion-script.js'

export async function run({ positionals, streams }: Invocation): Promise<number> {
  const [shell, ...more] = positionals
  if (!shells.includes(shell as Shell) || more.length > 0) throw usageError(`say which shell: ${shells.join(', ')}`)
  streams.stdout.write(completionScript(commandTable, shell as Shell))
  return exitCode.ok
}
