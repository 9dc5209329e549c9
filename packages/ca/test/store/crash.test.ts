import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSeededRandom } from '@heddle/base'
import { expect, it } from 'vitest'
import { createCa, createFileCaStore } from '../../src/index.js'

const child = fileURLToPath(new URL('../support/crash-child.ts', import.meta.url))

interface Line {
  readonly step: string
  readonly roots?: readonly string[]
  readonly calls?: number
}

/** What the child announced before it ended, by itself, by its own hand, or by ours after so many milliseconds. */
function run(directory: string, killAtCall: number, killAfterMs = 0): Promise<readonly Line[]> {
  return new Promise((resolve, reject) => {
    const conditions = ['--conditions=@heddle/source', '--import', 'tsx']
    const options = { timeout: killAfterMs, killSignal: 'SIGKILL' } as const
    execFile(process.execPath, [...conditions, child, directory, String(killAtCall)], options, (error, stdout, stderr) => {
      if (error && error.signal !== 'SIGKILL') reject(new Error(stderr))
      else
        resolve(
          stdout
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line) as Line),
        )
    })
  })
}

/** Every call is a kill; the soak does all of them, each run a third. */
const stride = Number(process.env['HEDDLE_CRASH_STRIDE'] ?? 3)
/** Kills at any moment, between calls too; the soak does a thousand. */
const moments = Number(process.env['HEDDLE_CRASH_MOMENTS'] ?? 4)

/** The states of the whole run, in order: a killed one must leave what it announced last, or the next. */
function statesOf(lines: readonly Line[]): readonly string[] {
  return lines.flatMap(({ roots }) => (roots ? [shapeOf(roots)] : []))
}

/** Fingerprints differ from run to run: only which root is in which phase counts, the older root first. */
function shapeOf(roots: readonly string[]): string {
  return roots.map((root) => root.split(' ')[1]).join(' ')
}

const steps = ['active', 'active prepared', 'retiring active', 'tainted active', 'active']

/** What is found after a kill is the state that was announced last, or the next that was saved but not yet announced: never a mixture. */
async function expectWhole(directory: string, announced: readonly string[]): Promise<void> {
  const ca = await createCa({ trustDomain: 'cluster.local', store: createFileCaStore({ directory }) })
  const found = shapeOf(ca.bundle().roots.map(({ fingerprint, phase }) => `${fingerprint} ${phase}`))
  expect([steps[Math.max(0, announced.length - 1)], steps[announced.length]]).toContain(found)
  await ca.close()
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'heddle-ca-crash-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

it(
  'T28: kill -9 before any call to the file system, of the first start and of every step of a rotation, leaves the old state or the new one',
  () =>
    inFolder(async (folder) => {
      const whole = await run(join(folder, 'whole'), 0)
      expect(statesOf(whole)).toEqual(steps)
      const total = whole.find((line) => line.step === 'closed')?.calls ?? 0
      expect(total).toBeGreaterThan(40)
      for (let killAtCall = 1; killAtCall <= total; killAtCall += stride) {
        const directory = join(folder, String(killAtCall))
        await expectWhole(directory, statesOf(await run(directory, killAtCall)))
      }
    }),
  300_000,
)

it(
  'T28: kill -9 at any moment leaves the old state or the new one',
  () =>
    inFolder(async (folder) => {
      const random = createSeededRandom(28)
      const startMs = performance.now()
      await run(join(folder, 'whole'), 0)
      const wholeMs = performance.now() - startMs
      for (let moment = 1; moment <= moments; moment++) {
        const directory = join(folder, String(moment))
        // The program is loading in the first half.
        const killAfterMs = Math.max(1, Math.round(wholeMs * (0.5 + random.next() / 2)))
        await expectWhole(directory, statesOf(await run(directory, 0, killAfterMs)))
      }
    }),
  1_200_000,
)
