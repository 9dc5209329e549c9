import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('runs the example of the README', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] as string
  // Inside the package, so that its own name and its dependencies resolve as for a user.
  const folder = mkdtempSync(join(fileURLToPath(new URL('.', import.meta.url)), 'readme-'))
  const file = join(folder, 'example.mts')
  writeFileSync(file, example)
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@heddle/source', '--import', 'tsx', file])
    expect(stdout).toContain('default kube-system - try: kubectl --kubeconfig')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
