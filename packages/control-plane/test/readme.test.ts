/** The first examples of this package's README and of the client's, which needs a control plane, run and print what they say. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFakeControlPlane, fakeToken } from '../src/testing.js'

const folder = resolve(import.meta.dirname, '..')
let scratch: string
beforeEach(() => {
  scratch = mkdtempSync(join(folder, '.readme-'))
})
afterEach(() => rmSync(scratch, { recursive: true, force: true }))

/** @returns what the example prints, and what its comments say it prints. */
async function run(readme: string, env: Record<string, string> = {}): Promise<{ readonly printed: string[]; readonly said: string[] }> {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(readme, 'utf8')) ?? []
  const said = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map(([, line]) => line as string)
  const file = join(scratch, 'example.ts')
  writeFileSync(file, code)
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@heddle/source', '--import', 'tsx', file], {
    cwd: folder,
    env: { ...process.env, ...env },
  })
  return { printed: stdout.trim().split('\n'), said }
}

it('the example of @heddle/control-plane', async () => {
  const { printed, said } = await run(join(folder, 'README.md'))
  expect(printed).toEqual(said)
  expect(said).toEqual(['200'])
})

it('the example of @heddle/client', async () => {
  await using controlPlane = await createFakeControlPlane()
  const files = { TOKEN_FILE: join(scratch, 'token'), ROOT_FILE: join(scratch, 'root.pem') }
  writeFileSync(files.TOKEN_FILE, fakeToken('default', 'web'))
  writeFileSync(files.ROOT_FILE, controlPlane.rootsPem())
  // Its control plane has the name of the real one, at another address.
  const { printed, said } = await run(join(folder, '..', 'client', 'README.md'), { DISCOVERY: controlPlane.address, ...files })
  expect(printed.toSorted()).toEqual(said.toSorted())
  expect(said).toHaveLength(2)
})
