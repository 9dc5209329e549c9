/** The preload as users get it: one CommonJS file, built into a temporary folder of the test. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

export async function buildPreload(): Promise<{ path: string; directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'heddle-preload-'))
  const entry = { register: fileURLToPath(new URL('../../src/preload/register.ts', import.meta.url)) }
  await build({ config: false, entry, format: 'cjs', target: 'node20', outDir: directory, silent: true, dts: false })
  return { path: join(directory, 'register.cjs'), directory }
}
