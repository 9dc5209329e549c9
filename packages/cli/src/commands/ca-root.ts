/** `heddle ca root export`: the roots to trust, in PEM or as a SPIFFE trust bundle, to standard output or a file. They are no secret. */
import { resolve } from 'node:path'
import { replaceFile } from '@heddle/base/node'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { askAuthority } from '../target/authority.js'
import { withTarget } from '../target/target.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, cwd } = invocation
  const format = flags.string('output') ?? 'pem'
  if (format !== 'pem' && format !== 'spiffe') throw usageError(`-o ${format} is neither pem nor spiffe`)
  return withTarget(invocation, async (target) => {
    const { rootsPem, spiffe } = (await askAuthority(target)).bundle
    const text = format === 'spiffe' ? `${spiffe}\n` : rootsPem
    const out = flags.string('out')
    if (out === undefined) streams.stdout.write(text)
    else replaceFile(resolve(cwd, out), text)
    return exitCode.ok
  })
}
