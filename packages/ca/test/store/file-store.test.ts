import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import fileSystem from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@heddle/base/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Ca, createCa, createFileCaStore } from '../../src/index.js'
import { caller, csr, withCode } from '../support/fixtures.js'

const clock = createFakeClock()
const open = new Set<Ca>()
let folder: string
let directory: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-ca-'))
  directory = join(folder, 'ca')
  path = join(directory, 'ca-state.0000000001.json')
})

afterEach(async () => {
  vi.restoreAllMocks()
  for (const ca of open) await ca.close()
  open.clear()
  await rm(folder, { recursive: true })
})

async function start(trustDomain = 'cluster.local'): Promise<Ca> {
  const ca = await createCa({ trustDomain, store: createFileCaStore({ directory }) }, { clock })
  open.add(ca)
  return ca
}

async function startAndStop(): Promise<string> {
  const ca = await start()
  await ca.close()
  open.delete(ca)
  return ca.bundle().rootsPem
}

describe('the file store', () => {
  it('keeps the root over restarts, for its owner only, and leaves no other file', async () => {
    const rootsPem = await startAndStop()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect(await readdir(directory)).toEqual(['ca-state.0000000001.json'])
    expect((await start()).bundle().rootsPem).toBe(rootsPem)
  })

  it.each([
    ['empty', () => ''],
    ['cut short', (text: string) => text.slice(0, text.length / 2)],
    ['not JSON', () => 'hello'],
    ['of another program', () => '{}'],
    ['without roots', (text: string) => text.replace('"roots"', '"loots"')],
    ['with a flipped letter in the certificate', (text: string) => text.replace('MIIB', 'MIIC')],
    ['with another phase', (text: string) => text.replace('"active"', '"retiring"')],
  ])('T30: refuses to make a new root over a state that is %s', async (_, change) => {
    await startAndStop()
    const broken = change(await readFile(path, 'utf8'))
    await writeFile(path, broken)
    await expect(start()).rejects.toEqual(withCode('HEDDLE_CA_STATE_CORRUPT'))
    expect(await readFile(path, 'utf8')).toBe(broken)
    expect(await readdir(directory)).toEqual(['ca-state.0000000001.json'])
  })

  it('refuses any single flipped bit of the state', async () => {
    await startAndStop()
    const good = await readFile(path)
    for (let offset = 0; offset < good.length; offset += 37) {
      const bad = Buffer.from(good)
      bad[offset] = (bad[offset] as number) ^ 1
      await writeFile(path, bad)
      const outcome = await start().then(
        (ca) => ca.bundle().rootsPem,
        (error: { code: string }) => error.code,
      )
      // White space may change without changing the state; everything else is named.
      if (outcome.startsWith('HEDDLE')) expect(outcome).toMatch(/HEDDLE_CA_(STATE_CORRUPT|STATE_NEWER|TRUST_DOMAIN_CHANGED)/)
      else expect(String.fromCharCode(good[offset] as number)).toMatch(/\s/)
      for (const ca of open) await ca.close()
      open.clear()
    }
  })

  it('T32: never quotes the private key in an error', async () => {
    await startAndStop()
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.slice(0, -3))
    const error: unknown = await start().catch((cause: unknown) => cause)
    const dump = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String((error as Error).cause)
    expect(dump).not.toContain('PRIVATE')
    expect(dump).not.toContain('MIG')
  })

  it('T30: refuses the state of a newer version and of another trust domain', async () => {
    await startAndStop()
    await expect(start('other')).rejects.toEqual(withCode('HEDDLE_CA_TRUST_DOMAIN_CHANGED'))
    await writeFile(path, (await readFile(path, 'utf8')).replace('"version": 3', '"version": 4'))
    await expect(start()).rejects.toEqual(withCode('HEDDLE_CA_STATE_NEWER'))
  })

  it('T25, T26: refuses a key that others may read, a folder that others may write, and a link', async () => {
    await startAndStop()
    await chmod(path, 0o640)
    await expect(start()).rejects.toEqual(withCode('HEDDLE_CA_STATE_UNSAFE'))
    await chmod(path, 0o600)
    await chmod(directory, 0o777)
    await expect(start()).rejects.toEqual(withCode('HEDDLE_CA_STATE_UNSAFE'))
    await chmod(directory, 0o700)
    await fileSystem.rename(path, join(directory, 'elsewhere'))
    await symlink(join(directory, 'elsewhere'), path)
    await expect(start()).rejects.toEqual(withCode('HEDDLE_CA_STATE_UNSAFE'))
  })

  it('says what is wrong when the folder is a file', async () => {
    await writeFile(directory, '')
    await expect(start()).rejects.toEqual(withCode('HEDDLE_CA_STATE_UNREADABLE'))
  })

  it('T29: keeps a second authority out, and lets it in after the first closed', async () => {
    const first = await start()
    await expect(start()).rejects.toEqual(withCode('HEDDLE_CA_STATE_LOCKED'))
    await first.close()
    open.delete(first)
    expect((await start()).bundle().rootsPem).toBe(first.bundle().rootsPem)
  })

  it.each([
    ['a process that is gone', { pid: 2 ** 22 + 1, startTime: '1', host: hostname() }],
    ['a process id that was given away again', { pid: process.pid, startTime: '1', host: hostname() }],
    ['nobody', undefined],
  ])('takes over the lock of %s', async (_, holder) => {
    await mkdir(directory, { mode: 0o700 })
    await writeFile(join(directory, 'ca.lock'), holder ? JSON.stringify(holder) : 'rubbish')
    await start()
  })

  it('respects the lock of another machine', async () => {
    await mkdir(directory, { mode: 0o700 })
    await writeFile(join(directory, 'ca.lock'), JSON.stringify({ pid: 1, startTime: '1', host: 'another.test' }))
    await expect(start()).rejects.toEqual(withCode('HEDDLE_CA_STATE_LOCKED'))
  })

  it('lets one of twenty racers in over a stale lock', async () => {
    await mkdir(directory, { mode: 0o700 })
    await writeFile(join(directory, 'ca.lock'), JSON.stringify({ pid: 2 ** 22 + 1, startTime: '1', host: hostname() }))
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => start()))
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  })

  it('T27: makes no authority when the first root cannot be saved', async () => {
    vi.spyOn(fileSystem, 'rename').mockRejectedValue(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
    await expect(start()).rejects.toEqual(withCode('HEDDLE_CA_STATE_WRITE_FAILED'))
    vi.restoreAllMocks()
    await expect((await start()).sign(csr(), caller)).resolves.toBeDefined()
  })

  it('T27: keeps the old state when a rotation step cannot be saved', async () => {
    const ca = await start()
    const before = await readFile(path, 'utf8')
    vi.spyOn(fileSystem, 'rename').mockRejectedValue(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
    await expect(ca.rotation?.prepare()).rejects.toEqual(withCode('HEDDLE_CA_STATE_WRITE_FAILED'))
    vi.restoreAllMocks()
    expect(await readFile(path, 'utf8')).toBe(before)
    expect(ca.rotation?.status()).toHaveLength(1)
    await ca.rotation?.prepare()
  })
})
