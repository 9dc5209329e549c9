/** `heddle editor init`: tells the editors of a project which schema its manifests have. Run again it changes nothing. */
import { access, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { HeddleError, messageOf } from '@heddle/base'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { changeJetbrainsSchemas } from '../editor/jetbrains-schemas.js'
import { manifestPatterns } from '../editor/manifest-files.js'
import { writeSchemas, writeText } from '../editor/schema-folder.js'
import type { SchemaMapping, SettingsChange } from '../editor/schema-mapping.js'
import { changeVscodeSettings } from '../editor/vscode-settings.js'

interface EditorSettings {
  readonly file: string
  readonly change: (text: string | undefined, mapping: SchemaMapping) => SettingsChange
}

const editors: Readonly<Record<string, EditorSettings>> = {
  vscode: { file: '.vscode/settings.json', change: changeVscodeSettings },
  jetbrains: { file: '.idea/jsonSchemas.xml', change: changeJetbrainsSchemas },
}

/** Where a project that depends on Heddle has them already. */
const installedSchemas = 'node_modules/@heddle/config-schema/schemas'
const ownSchemas = '.heddle-schemas'

interface PlannedFile {
  readonly file: string
  readonly text: string | undefined
}

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, cwd } = invocation
  const chosen = editorsOf(flags.string('editor'))
  const folder = flags.string('schemas') ?? ((await exists(join(cwd, installedSchemas, 'all.json'))) ? installedSchemas : ownSchemas)
  const named = flags.strings('files')
  const files = named.length > 0 ? named : await manifestPatterns(cwd)
  const schema = `${folder.replace(/^\.\//, '').replace(/\/$/, '')}/all.json`
  const former = [ownSchemas, installedSchemas].map((other) => `${other}/all.json`)
  const mapping = { schema, former, files, isChosen: named.length > 0 }
  // Nothing is written before every file is known to be understood.
  const planned: PlannedFile[] = []
  for (const { file, change } of chosen) planned.push({ file, text: await planOf(cwd, file, (text) => change(text, mapping)) })
  if (folder !== installedSchemas) {
    const count = await writeSchemas(resolve(cwd, folder))
    // They are made anew by the same command; no repository needs a megabyte of them.
    if (folder === ownSchemas) await writeText(join(cwd, folder, '.gitignore'), '*\n')
    streams.stdout.write(`${folder}: ${count} schemas\n`)
  }
  for (const { file, text } of planned) {
    if (text !== undefined) await writeText(join(cwd, file), text)
    streams.stdout.write(`${file}: ${text === undefined ? 'says so already' : `${mapping.schema} for ${files.join(', ')}`}\n`)
  }
  return exitCode.ok
}

function editorsOf(name: string | undefined): readonly EditorSettings[] {
  if (name === undefined) return Object.values(editors)
  const editor = editors[name]
  if (editor === undefined) throw usageError(`--editor ${name} is none of ${Object.keys(editors).join(', ')}`)
  return [editor]
}

/** @returns undefined when nothing is to be written. @throws HEDDLE_CLI_EDITOR_SETTINGS, HEDDLE_CLI_FILE */
async function planOf(cwd: string, file: string, change: (text: string | undefined) => SettingsChange): Promise<string | undefined> {
  const result = change(await readIfThere(join(cwd, file)))
  if (result.kind !== 'refused') return result.kind === 'changed' ? result.text : undefined
  throw new HeddleError({
    code: 'HEDDLE_CLI_EDITOR_SETTINGS',
    message: `${file} is not understood, so nothing was changed: ${result.reason}`,
    origin: 'user',
    hint: 'Mend the file, or move it away and let the command write a new one.',
  })
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new HeddleError({ code: 'HEDDLE_CLI_FILE', message: `"${path}" cannot be read: ${messageOf(cause)}`, origin: 'user', cause })
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
