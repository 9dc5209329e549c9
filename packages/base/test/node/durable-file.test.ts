import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readIfPresent, replaceFile, writeDurably } from '../../src/node/durable-file.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-durable-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

it('makes the folder and a file that only its owner may read', () => {
  const path = join(folder, 'state', 'port.json')
  writeDurably(path, 'first')
  expect(readFileSync(path, 'utf8')).toBe('first')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700)
})

it('replaces a file and leaves nothing beside it', () => {
  const path = join(folder, 'table')
  writeDurably(path, 'a long first content')
  writeDurably(path, Uint8Array.of(1, 2, 3))
  expect(readFileSync(path)).toEqual(Buffer.of(1, 2, 3))
  expect(readdirSync(folder)).toEqual(['table'])
})

it('does not write through a link that stands where it writes first', () => {
  const path = join(folder, 'key')
  const victim = join(folder, 'victim')
  writeFileSync(victim, 'untouched')
  symlinkSync(victim, `${path}.${process.pid}.tmp`)
  writeDurably(path, 'secret')
  expect(readFileSync(victim, 'utf8')).toBe('untouched')
  expect(readFileSync(path, 'utf8')).toBe('secret')
})

it('keeps what is there and leaves nothing beside it when the file cannot be replaced', () => {
  const path = join(folder, 'folder')
  mkdirSync(path)
  expect(() => writeDurably(path, 'x')).toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/)
  expect(readdirSync(folder)).toEqual(['folder'])
})

it('replaces the content of a file that a link leads to, and leaves its mode and the link as they are', () => {
  const path = join(folder, 'app.yaml')
  writeFileSync(path, 'old')
  chmodSync(path, 0o640)
  symlinkSync(path, join(folder, 'link.yaml'))
  replaceFile(join(folder, 'link.yaml'), 'new')
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(statSync(path).mode & 0o777).toBe(0o640)
  expect(lstatSync(join(folder, 'link.yaml')).isSymbolicLink()).toBe(true)
  expect(readdirSync(folder)).toEqual(['app.yaml', 'link.yaml'])
})

it('makes a new file as others are made, and writes what is no file in place', () => {
  const [replaced, written] = [join(folder, 'replaced'), join(folder, 'written')]
  replaceFile(replaced, 'text')
  writeFileSync(written, 'text')
  expect(statSync(replaced).mode).toBe(statSync(written).mode)
  replaceFile('/dev/null', 'text')
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
})

it('leaves the old content where the new one cannot be written beside it', () => {
  const path = join(folder, 'app.yaml')
  writeFileSync(path, 'old')
  mkdirSync(`${path}.${process.pid}.tmp`)
  expect(() => replaceFile(path, 'new')).toThrow(/EISDIR|ERR_FS_EISDIR|EEXIST/)
  expect(readFileSync(path, 'utf8')).toBe('old')
})

it('reads a file, nothing where there is none, and tells what else is wrong', () => {
  writeDurably(join(folder, 'a'), 'x')
  expect(readIfPresent(join(folder, 'a'))?.toString()).toBe('x')
  expect(readIfPresent(join(folder, 'b'))).toBeUndefined()
  expect(() => readIfPresent(folder)).toThrow('EISDIR')
})
