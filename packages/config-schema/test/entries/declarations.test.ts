/** What editors read of the package stays small: all declarations that its entries lead to. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compactDeclarations, declarationsOf } from '../../scripts/prune-declarations.js'

const root = join(import.meta.dirname, '../..')
const largestBytes = 150_000

it('the declarations of all entries are less than 150 KB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'declarations-'))
  try {
    const compiler = join(root, '../../node_modules/typescript/bin/tsc')
    const args = [compiler, '-p', 'tsconfig.build.json', '--customConditions', '@heddle/source', '--rootDir', '..', '--outDir', folder]
    spawnSync(process.execPath, args, { cwd: root })
    const dist = join(folder, 'config-schema/src')
    const { reached } = declarationsOf(dist)
    expect(reached).toContain('index.d.ts')
    expect(compactDeclarations(dist, reached)).toBeLessThan(largestBytes)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
