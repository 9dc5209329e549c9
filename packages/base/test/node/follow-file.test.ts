import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFakeClock } from '../../src/testing.js'
import { followFile } from '../../src/node.js'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'heddle-follow-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('tells of a file that comes, is replaced behind a link, and goes, and of nothing else', () => {
  const clock = createFakeClock()
  const seen: (string | undefined)[] = []
  const [path, first, second] = [join(folder, 'a.pem'), join(folder, '1'), join(folder, '2')]
  const followed = followFile(path, (text) => seen.push(text), clock)
  clock.advance(5000)
  writeFileSync(first, 'one')
  writeFileSync(second, 'two')
  symlinkSync(first, path)
  clock.advance(2000)
  symlinkSync(second, `${path}.new`)
  renameSync(`${path}.new`, path)
  clock.advance(2000)
  rmSync(path)
  clock.advance(2000)
  expect(seen).toEqual([undefined, 'one', 'two', undefined])
  followed.close()
  writeFileSync(path, 'three')
  clock.advance(2000)
  expect(seen).toHaveLength(4)
})
