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
  readonly roots?: readonly string[]
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

/** Every call is a kill; the soak does all of them, each run a third. */
const stride = Number(process.env['HEDDLE_CRASH_STRIDE'] ?? 3)

/** The states of the whole run, in order: a killed one must leave what it announced last, or the next. */
function statesOf(lines: readonly Line[]): readonly string[] {
  return lines.flatMap(({ roots }) => (roots ? [shapeOf(roots)] : []))
}

/** Fingerprints differ from run to run: only which root is in which phase counts, the older root first. */
function shapeOf(roots: readonly string[]): string {
  return roots.map((root) => root.split(' ')[1]).join(' ')
}

it('T28: kill -9 before any call to the file system, of the first start and of every step of a rotation, leaves the old state or the new one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'heddle-ca-crash-'))
  try {
    const whole = await run(join(folder, 'whole'), 0)
    const states = statesOf(whole)
    expect(states).toEqual(['active', 'active prepared', 'retiring active', 'tainted active', 'active'])
    const total = whole.find((line) => line.step === 'closed')?.calls ?? 0
    expect(total).toBeGreaterThan(40)
    for (let killAtCall = 1; killAtCall <= total; killAtCall += stride) {
      const directory = join(folder, String(killAtCall))
      const announced = statesOf(await run(directory, killAtCall))
      const ca = await createCa({ trustDomain: 'cluster.local', store: createFileCaStore({ directory }) })
      const found = shapeOf(ca.bundle().roots.map(({ fingerprint, phase }) => `${fingerprint} ${phase}`))
      // A step that was saved but not yet announced may show as well: old state or new, never a mixture and never less.
      expect([states[Math.max(0, announced.length - 1)], states[announced.length]]).toContain(found)
      await ca.close()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}, 300_000)
