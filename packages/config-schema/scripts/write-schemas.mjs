/** Writes the JSON Schemas of all kinds below `schemas/`, from what was just built: editors and checkers read them as files. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { jsonSchemaFiles } from '../dist/index.js'

const folder = join(import.meta.dirname, '../schemas')
rmSync(folder, { recursive: true, force: true })
for (const { path, schema } of jsonSchemaFiles()) {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(schema))
}
