/**
 * The first example of every package's README runs and prints what the README says: in comments behind `console.log(...)`, in a sentence
 * "It prints `...`", or in the block after "It prints:". It runs in a folder of its own that sees what the package's dependents see.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** Needs a control plane to talk to; packages/control-plane/test/readme.test.ts gives it one. */
const runElsewhere = new Set(['client'])
const examples = readdirSync(join(root, 'packages')).flatMap((name) => {
  const readme = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8')
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
  return code === undefined || runElsewhere.has(name) ? [] : [[name, { code, readme }] as const]
})

// Each example is a process that compiles its package; more at once only wait for each other.
vi.setConfig({ maxConcurrency: 2 })

describe.concurrent('the first example of the README of', () => {
  let scratch: string

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'heddle-readmes-'))
  })
  afterAll(() => {
    rmSync(scratch, { recursive: true, force: true })
  })

  it.each(examples)('@heddle/%s prints what it says', async (name, { code, readme }) => {
    const file = join(installed(name, join(scratch, name)), 'example.mts')
    writeFileSync(file, code)
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@heddle/source', '--import', 'tsx', file], { cwd: root })
    const printed = stdout.trimEnd().split('\n')
    const whole = /It prints:?\s+(?:```text\n([\s\S]*?)\n```|`([^`\n]+)`)/.exec(readme)
    if (whole) expect(printed.join('\n')).toBe(whole[1] ?? whole[2])
    else {
      const promised = [...code.matchAll(/^ *console\.log\(.*\) \/\/ (.*)$/gm)].map(([, line]) => line)
      expect(promised).not.toEqual([])
      expect(printed.filter((line) => promised.includes(line))).toEqual(promised)
    }
  })
})

/** A folder with the package and its dependencies below `node_modules`, as after `npm install`. */
function installed(name: string, folder: string): string {
  const scope = join(folder, 'node_modules', '@heddle')
  mkdirSync(scope, { recursive: true })
  const own = join(root, 'packages', name)
  symlinkSync(own, join(scope, name))
  for (const [from, to] of [
    [join(own, 'node_modules'), join(folder, 'node_modules')],
    [join(own, 'node_modules', '@heddle'), scope],
  ] as const) {
    if (!existsSync(from)) continue
    for (const entry of readdirSync(from)) {
      if (entry !== '@heddle' && !entry.startsWith('.')) symlinkSync(join(from, entry), join(to, entry))
    }
  }
  return folder
}
