/** `heddle ca root export`: the roots to trust, in PEM, to standard output or a file. They are no secret. */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { askAuthority } from '../target/authority.js'
import { withTarget } from '../target/target.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, cwd } = invocation
  return withTarget(invocation, async (target) => {
    const { rootsPem } = (await askAuthority(target)).bundle
    const out = flags.string('out')
    if (out === undefined) streams.stdout.write(rootsPem)
    else await writeFile(resolve(cwd, out), rootsPem)
    return exitCode.ok
  })
}
