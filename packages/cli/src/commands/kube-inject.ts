/** `heddle kube-inject`: a manifest in, the same manifest with sidecars out. Needs no mesh. */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { injectManifest } from '@heddle/inject'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { readSources } from '../manifest/sources.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, cwd } = invocation
  const parts: string[] = []
  for (const { file, text } of await readSources(invocation)) {
    const result = injectManifest(text, { file, ...(flags.boolean('classic') ? { nativeSidecars: false } : {}) })
    for (const warning of result.warnings) streams.stderr.write(`warning: ${warning.message}\n`)
    parts.push(result.yaml)
  }
  const output = flags.string('output')
  if (output === undefined || output === '-') streams.stdout.write(parts.join('---\n'))
  else await writeFile(resolve(cwd, output), parts.join('---\n'))
  return exitCode.ok
}
