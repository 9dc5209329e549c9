/** `heddle kube-inject`: a manifest in, the same manifest with sidecars out. Needs no mesh. */
import { resolve } from 'node:path'
import { replaceFile } from '@heddle/base/node'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { injectSources } from '../manifest/injection.js'
import { joinManifests, readSources } from '../manifest/sources.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, cwd } = invocation
  const wish = flags.boolean('classic') ? { nativeSidecars: false } : {}
  const text = joinManifests(injectSources(invocation, await readSources(invocation), wish).map((source) => source.text))
  const output = flags.string('output')
  if (output === undefined || output === '-') streams.stdout.write(text)
  else replaceFile(resolve(cwd, output), text)
  return exitCode.ok
}
