/** `heddle validate -f FILE`: the faults that `apply` would refuse, without a mesh. */
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { readManifests, requireValid } from '../manifest/manifest.js'

export async function run(invocation: Invocation): Promise<number> {
  const objects = requireValid(invocation, await readManifests(invocation), { outcome: 'accepted' })
  invocation.streams.stdout.write(`${objects.length} ${objects.length === 1 ? 'object is' : 'objects are'} valid\n`)
  return exitCode.ok
}
