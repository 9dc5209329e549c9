import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const here = fileURLToPath(new URL('.', import.meta.url))

test('the first example of the README prints what the README says', async () => {
  const readme = await readFile(join(here, '../README.md'), 'utf8')
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  // Inside the package, so that it finds itself by its own name.
  const folder = await mkdtemp(join(here, '.readme-'))
  try {
    const file = join(folder, 'example.ts')
    await writeFile(file, example)
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@heddle/source', '--import', 'tsx', file])
    expect(stdout).toBe('hello from /hello\n')
  } finally {
    await rm(folder, { recursive: true })
  }
})
