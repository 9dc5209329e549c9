/** The first example of the README runs and prints what it says. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

it('the first example runs', () => {
  const folder = resolve(import.meta.dirname, '..')
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? []
  const said = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map(([, line]) => line)
  const scratch = mkdtempSync(join(folder, '.readme-'))
  try {
    const file = join(scratch, 'example.ts')
    writeFileSync(file, code)
    const argv = ['--conditions=@heddle/source', '--import', 'tsx', file]
    const printed = execFileSync(process.execPath, argv, { cwd: folder, encoding: 'utf8' })
    expect(printed.trim().split('\n')).toEqual(said)
    expect(said).toHaveLength(2)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
})
