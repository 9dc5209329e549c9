import fs, { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { followFiles } from '../../src/node.js'
import { createFakeClock, createMemoryLogger } from '../../src/testing.js'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'heddle-follow-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function harness(...names: readonly string[]) {
  const [clock, logger] = [createFakeClock(), createMemoryLogger()]
  const seen: (readonly (string | undefined)[])[] = []
  const paths = names.map((name) => join(folder, name))
  const followed = followFiles(paths, (texts) => seen.push(texts), { clock, logger })
  const errors = () => logger.records.filter(({ level }) => level === 'error').length
  return { clock, seen, followed, errors, path: paths[0] as string }
}

/** The file system as it is when it fails: the next reading of a file does. */
function failNextRead(code: string): void {
  const read = vi.spyOn(fs, 'readFileSync').mockImplementationOnce(() => {
    throw Object.assign(new Error(`${code}: it fails`), { code })
  })
  syncBuiltinESMExports()
  onTestFinished(() => {
    read.mockRestore()
    syncBuiltinESMExports()
  })
}

describe('a followed file', () => {
  it('is told of when it comes, is replaced behind a link, and goes, and of nothing else', () => {
    const { clock, seen, followed, path, errors } = harness('a.pem')
    const [first, second] = [join(folder, '1'), join(folder, '2')]
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
    expect(seen).toEqual([[undefined], ['one'], ['two'], [undefined]])
    expect(errors()).toBe(0)
    followed.close()
    writeFileSync(path, 'three')
    clock.advance(2000)
    expect(seen).toHaveLength(4)
  })

  it('that turns into something that cannot be read is not gone: it is said once, and tried again', () => {
    writeFileSync(join(folder, 'a.pem'), 'one')
    const { clock, seen, path, errors } = harness('a.pem')
    rmSync(path)
    mkdirSync(path)
    clock.advance(5000)
    expect(seen).toEqual([['one']])
    expect(errors()).toBe(1)
    rmSync(path, { recursive: true })
    writeFileSync(path, 'two')
    clock.advance(1000)
    expect(seen).toEqual([['one'], ['two']])
  })

  it.skipIf(process.getuid?.() === 0)('that its reader may not read is not gone', () => {
    writeFileSync(join(folder, 'a.pem'), 'one')
    const { clock, seen, path, errors } = harness('a.pem')
    writeFileSync(path, 'other')
    chmodSync(path, 0)
    clock.advance(2000)
    expect(seen).toEqual([['one']])
    expect(errors()).toBe(1)
    chmodSync(path, 0o600)
    clock.advance(1000)
    expect(seen).toEqual([['one'], ['other']])
  })

  it.each(['EMFILE', 'EIO'])('that cannot be read once (%s) is read at the next look, though it has not changed since', (code) => {
    const { clock, seen, path } = harness('a.pem')
    writeFileSync(path, 'one')
    failNextRead(code)
    clock.advance(1000)
    expect(seen).toEqual([[undefined]])
    clock.advance(1000)
    expect(seen).toEqual([[undefined], ['one']])
  })

  it('below a path that is a file is not there', () => {
    writeFileSync(join(folder, 'a'), '')
    expect(harness('a/b.pem').seen).toEqual([[undefined]])
  })
})

it('files that belong together are told of together', () => {
  const { clock, seen } = harness('tls.crt', 'tls.key')
  writeFileSync(join(folder, 'tls.key'), 'key')
  clock.advance(1000)
  writeFileSync(join(folder, 'tls.crt'), 'certificate')
  clock.advance(3000)
  expect(seen).toEqual([
    [undefined, undefined],
    [undefined, 'key'],
    ['certificate', 'key'],
  ])
})
