/** Where manifests come from: files, folders, standard input, and the pipes of process substitution (`/dev/fd/63`). */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { HeddleError, messageOf } from '@heddle/base'
import type { Invocation } from '../command/command.js'
import { usageError } from '../command/parse.js'

export interface ManifestSource {
  /** As the user wrote it, for messages. */
  readonly file: string
  readonly text: string
}

/** Reads what `-f` names, in order; a folder's `.yaml`, `.yml` and `.json` files by name. @throws HEDDLE_CLI_FILE */
export async function readSources(invocation: Invocation): Promise<readonly ManifestSource[]> {
  const names = invocation.flags.strings('filename')
  if (names.length === 0) throw usageError('say which file with -f FILE; "-" is standard input')
  const sources: ManifestSource[] = []
  for (const name of names) sources.push(...(await readOne(invocation, name)))
  return sources
}

/** Several manifests as one; a file that ends without a line end, or begins with its own separator, stays what it was. */
export function joinManifests(texts: readonly string[]): string {
  return texts.reduce((joined, text) => {
    if (joined === '') return text
    return `${joined}${joined.endsWith('\n') ? '' : '\n'}${/^---\s/.test(text) ? '' : '---\n'}${text}`
  }, '')
}

async function readOne(invocation: Invocation, name: string): Promise<readonly ManifestSource[]> {
  if (name === '-') return [{ file: '<stdin>', text: await readStdin(invocation.streams.stdin) }]
  const path = resolve(invocation.cwd, name)
  try {
    if (!(await stat(path)).isDirectory()) return [{ file: name, text: await readFile(path, 'utf8') }]
    const entries = (await readdir(path, { recursive: invocation.flags.boolean('recursive'), withFileTypes: true })).filter(
      (entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name),
    )
    const files = entries.map((entry) => join(entry.parentPath, entry.name)).sort()
    return await Promise.all(
      files.map(async (file) => ({ file: join(name, file.slice(path.length + 1)), text: await readFile(file, 'utf8') })),
    )
  } catch (cause) {
    throw unreadable(name, cause)
  }
}

async function readStdin(stdin: Invocation['streams']['stdin']): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function unreadable(name: string, cause: unknown): HeddleError {
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
  return new HeddleError({
    code: 'HEDDLE_CLI_FILE',
    message: isMissing ? `the path "${name}" does not exist` : `"${name}" cannot be read: ${messageOf(cause)}`,
    origin: 'user',
    ...(isMissing && { hint: 'Look at the name and the folder you are in; "-" reads standard input.' }),
    cause,
  })
}
