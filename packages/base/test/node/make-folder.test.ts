import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeFolder } from '@heddle/base/node'

let root = ''
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'heddle-folder-'))))
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('a folder is made with its parents, for its owner only, once', () => {
  makeFolder(join(root, 'a/b/c'))
  makeFolder(join(root, 'a/b/c'))
  expect(statSync(join(root, 'a/b/c')).mode & 0o777).toBe(0o700)
})

test('a file in the place of the folder, or of a parent, is told', () => {
  writeFileSync(join(root, 'file'), '')
  expect(() => makeFolder(join(root, 'file'))).toThrow(/EEXIST/)
  expect(() => makeFolder(join(root, 'file/below'))).toThrow(/ENOTDIR|EEXIST/)
})

test.skipIf(!existsSync('/proc/self'))('where nothing can be made the error comes at once', () => {
  expect(() => makeFolder('/proc/heddle/state')).toThrow(/ENOENT|EACCES|EPERM/)
})
