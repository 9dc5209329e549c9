/** The first example of a README runs and prints what its comments say, for packages that do not test theirs themselves. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

it.each(['base', 'routing'])('@heddle/%s', (name) => {
  const folder = join(root, 'packages', name)
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? []
  const expected = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map(([, line]) => line)
  const scratch = mkdtempSync(join(folder, '.readme-'))
  try {
    const file = join(scratch, 'example.ts')
    writeFileSync(file, code)
    const output = execFileSync(process.execPath, ['--conditions=@heddle/source', '--import', 'tsx', file], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(expected.length).toBeGreaterThan(0)
    expect(output.trim().split('\n')).toEqual(expected)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
})
