import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { createCa, createFileCaStore } from '../../src/index.js'

const child = fileURLToPath(new URL('../support/crash-child.ts', import.meta.url))

interface Line {
  readonly step: string
  readonly rootsPem?: string
  readonly calls?: number
}

/** What the child announced before it ended, by itself or by its own hand. */
function run(directory: string, killAtCall: number): Promise<readonly Line[]> {
  return new Promise((resolve, reject) => {
    const conditions = ['--conditions=@heddle/source', '--import', 'tsx']
    execFile(process.execPath, [...conditions, child, directory, String(killAtCall)], (error, stdout, stderr) => {
      if (error && error.signal !== 'SIGKILL') reject(new Error(stderr))
      else
        resolve(
          stdout
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Line),
        )
    })
  })
}

it('survives kill -9 before any call to the file system: what was announced is still there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'heddle-ca-crash-'))
  try {
    const total = (await run(join(folder, 'whole'), 0)).find((line) => line.step === 'closed')?.calls ?? 0
    expect(total).toBeGreaterThan(15)
    for (let killAtCall = 1; killAtCall <= total; killAtCall++) {
      const directory = join(folder, String(killAtCall))
      const lines = await run(directory, killAtCall)
      expect(lines.some((line) => line.step === 'closed')).toBe(false)
      const ca = await createCa({ trustDomain: 'cluster.local', store: createFileCaStore({ directory }) })
      const announced = lines.at(-1)?.rootsPem
      // A step that was saved but not yet announced may show as well: old state or new, never a mixture and never less.
      if (announced !== undefined) expect(ca.bundle().rootsPem.startsWith(announced)).toBe(true)
      expect(ca.rotation?.status().filter((root) => root.phase === 'active')).toHaveLength(1)
      await ca.close()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}, 120_000)
