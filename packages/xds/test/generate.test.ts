/** The committed generated code is what the generator makes of proto/. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const buf = join(root, 'node_modules', '.bin', 'buf')
const canRun = spawnSync(buf, ['--version']).status === 0

if (!canRun) console.warn('skipped: the binary of @bufbuild/buf does not run on this machine')

describe.skipIf(!canRun)('generated code', () => {
  it('is what the generator makes of the protos', () => {
    const out = mkdtempSync(join(tmpdir(), 'heddle-xds-'))
    try {
      const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'generate.mjs'), out], { encoding: 'utf8' })
      expect(stderr).toBe('')
      expect(status).toBe(0)
      expect(contentOf(out)).toEqual(contentOf(join(root, 'src', 'gen')))
    } finally {
      rmSync(out, { recursive: true, force: true })
    }
  }, 120_000)
})

function contentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.includes('_pb.'))
  return Object.fromEntries(files.toSorted().map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
}
