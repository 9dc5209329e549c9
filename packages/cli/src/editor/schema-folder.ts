/** The JSON Schemas of all kinds as files below a folder. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HeddleError, messageOf } from '@heddle/base'
import { replaceFile } from '@heddle/base/node'
import { jsonSchemaFiles } from '@heddle/config-schema'
import { diskFaultOf } from '../command/disk-fault.js'

/** @returns how many files were written. @throws HEDDLE_CLI_FILE, HEDDLE_CLI_DISK */
export async function writeSchemas(folder: string): Promise<number> {
  const files = jsonSchemaFiles()
  // Made again by the same command: nobody waits for the disk.
  for (const { path, schema } of files) await written(join(folder, path), (file) => writeFile(file, `${JSON.stringify(schema)}\n`))
  return files.length
}

/** Somebody's own file. @throws HEDDLE_CLI_FILE, HEDDLE_CLI_DISK */
export function writeText(path: string, text: string): Promise<void> {
  return written(path, (file) => replaceFile(file, text))
}

/** With the folders on the way. */
async function written(path: string, write: (path: string) => void | Promise<void>): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await write(path)
  } catch (cause) {
    const message = `"${path}" cannot be written: ${messageOf(cause)}`
    throw diskFaultOf(cause) ?? new HeddleError({ code: 'HEDDLE_CLI_FILE', message, origin: 'user', cause })
  }
}
