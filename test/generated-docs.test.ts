/** Pages that are written by scripts are what the scripts write. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

it('docs/compatibility.md lists every field of the schemas', () => {
  const args = ['--conditions=@heddle/source', '--import', 'tsx', 'scripts/compatibility.ts', '--check']
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
