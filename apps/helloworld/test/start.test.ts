/** `npm start` as a process: which state folder it takes. The mesh itself is tried in the end-to-end tests. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'

it('uses the state folder that HEDDLE_STATE names', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'heddle-start-'))
  const file = path.join(folder, 'a-file')
  writeFileSync(file, '')
  try {
    const started = spawnSync(process.execPath, [path.join(import.meta.dirname, '../start.mjs'), '--once', '--ports', 'auto'], {
      env: { ...process.env, HEDDLE_STATE: file },
      encoding: 'utf8',
    })
    expect(started.status).not.toBe(0)
    expect(started.stdout + started.stderr).toContain(file)
    expect(started.stdout + started.stderr).toContain('a file stands in its place')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
