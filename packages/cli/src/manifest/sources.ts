/** Where manifests come from: files, folders, standard input, and the pipes of process substitution (`/dev/fd/63`). */
import { createReadStream, type Stats } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { HeddleError, isHeddleError } from '@heddle/base'
import { unreadableFile } from '../command/file-fault.js'
import type { Invocation } from '../command/command.js'
import { usageError } from '../command/parse.js'

export interface ManifestSource {
  /** As the user wrote it, for messages. */
  readonly file: string
  readonly text: string
}

/** More than the longest text that is judged, in any encoding of it. */
const maxSourceBytes = 8_388_608

/** Reads what `-f` names, in order; a folder's `.yaml`, `.yml` and `.json` files by name. @throws HEDDLE_CLI_FILE, HEDDLE_CLI_BAD_DATA */
export async function readSources(invocation: Invocation): Promise<readonly ManifestSource[]> {
  const names = invocation.flags.strings('filename')
  if (names.length === 0) throw usageError('say which file with -f FILE; "-" is standard input')
  const sources: ManifestSource[] = []
  for (const name of names) sources.push(...(await readOne(invocation, name)))
  return sources
}

/**
 * The same of names that may stand as arguments, too, of commands that look through a whole project: what is no manifest in a
 * folder, such as `package.json`, a compose file or the template of a chart, is passed over.
 */
export async function readProject(invocation: Invocation): Promise<readonly ManifestSource[]> {
  const sources: ManifestSource[] = []
  for (const name of [...invocation.positionals, ...invocation.flags.strings('filename')]) {
    const manifests = await readOne(invocation, name, looksLikeManifest)
    if (manifests.length === 0) throw emptyFolder(name, invocation.flags.boolean('recursive'))
    sources.push(...manifests)
  }
  return sources
}

/** Half of what every resource says is enough, so that one with a typing error is still judged. A schema has objects there. */
function looksLikeManifest({ file, text }: ManifestSource): boolean {
  if (/(?:^|[/\\])templates[/\\]/.test(file) && text.includes('{{')) return false
  if (/^\s*[{[]/.test(text)) return /"(?:apiVersion|kind)"\s*:\s*"/.test(text)
  return /^(?:["']?|\{.*)\b(?:apiVersion|kind)\b["']?\s*:/m.test(text)
}

/** Several manifests as one; a file that ends without a line end, or begins with its own separator, stays what it was. */
export function joinManifests(texts: readonly string[]): string {
  return texts.reduce((joined, text) => {
    if (joined === '') return text
    return `${joined}${joined.endsWith('\n') ? '' : '\n'}${/^---\s/.test(text) ? '' : '---\n'}${text}`
  }, '')
}

/** @param isWanted asked about the files of a folder, before anything is wrong with them; default: all are. */
async function readOne(
  invocation: Invocation,
  name: string,
  isWanted?: (source: ManifestSource) => boolean,
): Promise<readonly ManifestSource[]> {
  if (name === '') throw usageError('-f needs a file, a folder or "-"')
  if (name === '-') return [{ file: '<stdin>', text: decodeText('<stdin>', await readStream('<stdin>', invocation.streams.stdin)) }]
  if (/^https?:\/\//i.test(name))
    throw usageError(
      `-f ${name} is an address, and only files, folders and "-" are read`,
      `Fetch it first, and pass it on standard input: curl -fsSL ${name} | heddle ... -f -`,
    )
  const path = resolve(invocation.cwd, name)
  try {
    const kind = await stat(path)
    if (!kind.isDirectory()) return [{ file: name, text: decodeText(name, await readBytes(name, path, kind)) }]
    const isRecursive = invocation.flags.boolean('recursive')
    const files = (await manifestsIn(path, isRecursive)).toSorted()
    if (files.length === 0) throw emptyFolder(name, isRecursive)
    const sources: ManifestSource[] = []
    // One after the other: a project may have more files than a process may open.
    for (const file of files) {
      const source = await readInFolder(join(name, relative(path, file)), file, isWanted)
      if (source !== undefined) sources.push(source)
    }
    return sources
  } catch (cause) {
    throw isHeddleError(cause) ? cause : unreadableFile(name, cause)
  }
}

/** Tools keep files of their own in hidden folders, and what is installed is no part of a project; both can still be named. */
async function manifestsIn(folder: string, isRecursive: boolean): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name)).map(({ name }) => join(folder, name))
  if (!isRecursive) return files
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
  for (const { name } of folders) files.push(...(await manifestsIn(join(folder, name), true)))
  return files
}

async function readInFolder(
  file: string,
  path: string,
  isWanted: ((source: ManifestSource) => boolean) | undefined,
): Promise<ManifestSource | undefined> {
  const kind = await stat(path)
  if (isWanted !== undefined && kind.size > maxSourceBytes) return undefined
  const bytes = await readBytes(file, path, kind)
  if (isWanted?.({ file, text: new TextDecoder().decode(bytes) }) === false) return undefined
  return { file, text: decodeText(file, bytes) }
}

function readBytes(file: string, path: string, kind: Stats): Promise<Uint8Array> {
  // Pipes tell no size.
  if (!kind.isFile()) return readStream(file, createReadStream(path))
  if (kind.size > maxSourceBytes) throw tooLarge(file)
  return readFile(path)
}

/** A manifest is UTF-8 (YAML 1.2, section 5.2; RFC 8259, section 8.1); putting U+FFFD for anything else would change what it says. */
function decodeText(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new HeddleError({
      code: 'HEDDLE_CLI_BAD_DATA',
      message: `${file} is not UTF-8 text: the byte at offset ${firstFault(bytes)} fits no character`,
      origin: 'user',
      hint: 'Save the file as UTF-8, then run the same command again.',
      cause,
    })
  }
}

/** Where the first sequence begins that is no character: the lenient decoder has U+FFFD there, and the bytes do not. */
function firstFault(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const replacement = Buffer.from('\ufffd')
  let offset = 0
  for (const part of buffer.toString('utf8').split('\ufffd')) {
    offset += Buffer.byteLength(part)
    if (!buffer.subarray(offset, offset + replacement.length).equals(replacement)) break
    offset += replacement.length
  }
  return offset
}

async function readStream(file: string, stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > maxSourceBytes) throw tooLarge(file)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(file: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CLI_BAD_DATA',
    message: `${file} has more than ${maxSourceBytes / 1_048_576} MiB, which no manifest has`,
    origin: 'user',
    hint: 'Name the manifest itself, or split it.',
  })
}

function emptyFolder(name: string, isRecursive: boolean): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CLI_FILE',
    message: `no manifests are in the folder "${name}": files that end in .yaml, .yml or .json`,
    origin: 'user',
    ...(!isRecursive && { hint: 'Look into the folders inside it, too, with -R.' }),
  })
}
