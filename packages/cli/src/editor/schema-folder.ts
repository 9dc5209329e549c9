/** The JSON Schemas of all kinds as files below a folder. */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HeddleError, messageOf } from '@heddle/base'
import { replaceFile } from '@heddle/base/node'
import { jsonSchemaFiles } from '@heddle/config-schema'
import { diskFaultOf } from '../command/disk-fault.js'

/** @returns how many files were written. @throws HEDDLE_CLI_FILE, HEDDLE_CLI_DISK */
export async function writeSchemas(folder: string): Promise<number> {
  const files = jsonSchemaFiles()
  for (const { path, schema } of files) await writeText(join(folder, path), `${JSON.stringify(schema)}\n`)
  return files.length
}

/** With the folders on the way. @throws HEDDLE_CLI_FILE, HEDDLE_CLI_DISK */
export async function writeText(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    replaceFile(path, text)
  } catch (cause) {
    const message = `"${path}" cannot be written: ${messageOf(cause)}`
    throw diskFaultOf(cause) ?? new HeddleError({ code: 'HEDDLE_CLI_FILE', message, origin: 'user', cause })
  }
}
