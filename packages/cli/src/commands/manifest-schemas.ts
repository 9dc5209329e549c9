/** `heddle manifest schemas`: the JSON Schemas of all kinds, in the layout that yaml-language-server and kubeconform read. */
import { resolve } from 'node:path'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { writeSchemas } from '../editor/schema-folder.js'

export async function run({ flags, streams, cwd }: Invocation): Promise<number> {
  const folder = flags.string('output') ?? 'schemas'
  const count = await writeSchemas(resolve(cwd, folder))
  streams.stderr.write(`${count} schemas written to ${folder}; ${folder}/all.json chooses among the others by apiVersion and kind.\n`)
  return exitCode.ok
}
