/** The first example of the README runs and prints what it says. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, it, vi } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

it('runs the first example', async () => {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  const expected = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map(([, line]) => line)
  const folder = await mkdtemp(join(root, 'test', '.readme-'))
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    const file = join(folder, 'example.ts')
    await writeFile(file, code.replace("'@heddle/translation'", JSON.stringify(pathToFileURL(join(root, 'src', 'index.ts')).href)))
    await import(/* @vite-ignore */ file)
    expect(expected.length).toBeGreaterThan(0)
    expect(log.mock.calls.map((values) => values.join(' '))).toEqual(expected)
  } finally {
    log.mockRestore()
    await rm(folder, { recursive: true, force: true })
  }
})
