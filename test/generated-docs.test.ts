/** Pages that are written by scripts are what the scripts write. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

it.each([
  ['docs/compatibility.md', 'every field of the schemas', 'scripts/compatibility.ts'],
  ['docs/errors.md', 'every error code of the sources', 'scripts/errors.ts'],
  ['docs/analysis.md', 'every code of analysis', 'scripts/analysis.ts'],
  ['docs/rules.md', 'every rule of validation', 'scripts/rules.ts'],
  ['docs/cli.md', 'every command of the table', 'scripts/cli.ts'],
])('%s lists %s', (_page, _what, script) => {
  const args = ['--conditions=@heddle/source', '--import', 'tsx', script, '--check']
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
