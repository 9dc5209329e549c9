import fileSystem, { appendFile, mkdtemp, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type AuditRecord, holdersOf, openAuditLog, verifyAuditLog } from '../../src/index.js'
import { caller, csr, startCa, withCode, workloadUri } from '../support/fixtures.js'

let folder: string
let directory: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-audit-'))
  directory = join(folder, 'log')
})
afterEach(() => rm(folder, { recursive: true }))

async function fill(count: number): Promise<readonly string[]> {
  const log = await openAuditLog({ directory })
  const { ca } = await startCa({ audit: log.sink })
  const signed = await Promise.all(Array.from({ length: count }, () => ca.sign(csr(), caller)))
  await log.close()
  return signed.map(({ serialHex }) => serialHex)
}

async function pathOf(): Promise<string> {
  return join(directory, (await readdir(directory))[0] as string)
}

describe('the issuance log', () => {
  it('chains every certificate over restarts, for its owner only', async () => {
    const serials = [...(await fill(5)), ...(await fill(3))]
    expect(await verifyAuditLog({ directory })).toMatchObject({ ok: true, head: { sequence: 8 } })
    const lines = (await readFile(await pathOf(), 'utf8')).trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { record: AuditRecord }).record.serialHex)).toEqual(serials)
    expect((await stat(await pathOf())).mode & 0o777).toBe(0o600)
  })

  it('answers who held an identity at a time', async () => {
    const log = await openAuditLog({ directory })
    const { ca, clock } = await startCa({ audit: log.sink })
    const startMs = clock.now()
    const first = await ca.sign(csr(), caller, 3600)
    clock.advance(1_800_000)
    const second = await ca.issueFor(caller, { claimedActor: 'alice', ttlSeconds: 3600 })
    await ca.sign(csr(), { ...caller, serviceAccount: 'other' })
    await log.close()
    const at = async (afterMs: number): Promise<readonly string[]> =>
      (await holdersOf({ directory }, { spiffeId: workloadUri, atMs: startMs + afterMs })).map(({ serialHex }) => serialHex)
    expect(await at(-1)).toEqual([])
    expect(await at(60_000)).toEqual([first.serialHex])
    expect(await at(2_000_000)).toEqual([first.serialHex, second.serialHex])
    expect(await at(4_000_000)).toEqual([second.serialHex])
    expect(await at(9_000_000)).toEqual([])
  })

  it.each<[string, (lines: string[]) => string[]]>([
    ['changed', (lines) => lines.map((line, index) => (index === 1 ? line.replace('/sa/hello', '/sa/admin') : line))],
    ['removed', (lines) => lines.filter((_, index) => index !== 1)],
    ['repeated', (lines) => [...lines.slice(0, 2), ...lines.slice(1)]],
    ['swapped', ([first, second, ...rest]) => [second, first, ...rest] as string[]],
    ['given a space', (lines) => lines.map((line, index) => (index === 1 ? line.replace('{', '{ ') : line))],
    ['given a name twice', (lines) => lines.map((line, index) => (index === 1 ? line.replace('{', '{"record":{"spiffeId":"x"},') : line))],
    ['given a field', (lines) => lines.map((line, index) => (index === 1 ? line.replace('{', '{"note":1,') : line))],
    ['not JSON', (lines) => lines.map((line, index) => (index === 1 ? 'x' : line))],
  ])('finds a line that was %s, and takes no more records on top', async (_, change) => {
    await fill(4)
    const path = await pathOf()
    const lines = (await readFile(path, 'utf8')).trim().split('\n')
    await writeFile(path, `${change(lines).join('\n')}\n`)
    expect(await verifyAuditLog({ directory })).toMatchObject({ ok: false })
    await expect(openAuditLog({ directory })).rejects.toEqual(withCode('HEDDLE_CA_AUDIT_CORRUPT'))
  })

  it('takes off a last line that a crash cut short: its certificate was never released', async () => {
    await fill(2)
    await appendFile(await pathOf(), '{"sequence":3,"prev')
    await fill(1)
    expect(await verifyAuditLog({ directory })).toMatchObject({ ok: true, head: { sequence: 3 } })
  })

  it('T27: releases nothing while the disk is full, and goes on afterwards without a gap', async () => {
    const log = await openAuditLog({ directory })
    const { ca } = await startCa({ audit: log.sink })
    await ca.sign(csr(), caller)
    const probe = await fileSystem.open(await pathOf(), 'r')
    const prototype = Object.getPrototypeOf(probe) as { datasync(): Promise<void> }
    await probe.close()
    const full = vi.spyOn(prototype, 'datasync').mockRejectedValue(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_AUDIT_FAILED'))
    full.mockRestore()
    await ca.sign(csr(), caller)
    await log.close()
    expect(await verifyAuditLog({ directory })).toMatchObject({ ok: true, head: { sequence: 2 } })
  })

  it('T27: knows when the disk took a part of a record only', async () => {
    const log = await openAuditLog({ directory })
    const { ca } = await startCa({ audit: log.sink })
    const probe = await fileSystem.open(await pathOf(), 'r')
    type Write = (bytes: Uint8Array, offset: number, length: number, position: number) => Promise<{ bytesWritten: number }>
    const prototype = Object.getPrototypeOf(probe) as { write: Write }
    const { write } = prototype
    await probe.close()
    const some: Write = function (this: unknown, bytes, offset, length, position) {
      return write.call(this, bytes, offset, Math.ceil(length / 2), position)
    }
    const spy = vi.spyOn(prototype, 'write').mockImplementation(some)
    await ca.sign(csr(), caller)
    spy.mockImplementationOnce(some).mockRejectedValueOnce(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_AUDIT_FAILED'))
    spy.mockImplementation(() => Promise.resolve({ bytesWritten: 0 }))
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_AUDIT_FAILED'))
    spy.mockRestore()
    await ca.sign(csr(), caller)
    await log.close()
    expect(await verifyAuditLog({ directory })).toMatchObject({ ok: true, head: { sequence: 2 } })
  })

  it('has one line for each record, whatever ends lines elsewhere stands in it', async () => {
    const log = await openAuditLog({ directory })
    const { ca } = await startCa({ audit: log.sink })
    await ca.issueJwt(caller, ['a\u2028b', 'a\u2029b', 'a\rb', 'a\nb', 'a\u0085b'])
    await ca.sign(csr(), caller)
    await log.close()
    expect(await verifyAuditLog({ directory })).toMatchObject({ ok: true, head: { sequence: 2 } })
  })

  it('tells when its end was taken off, to whoever noted its head', async () => {
    await fill(4)
    const verified = await verifyAuditLog({ directory })
    const noted = verified.ok ? verified.head : undefined
    await fill(2)
    expect(await verifyAuditLog({ directory }, noted)).toMatchObject({ ok: true, head: { sequence: 6 } })
    const lines = (await readFile(await pathOf(), 'utf8')).trim().split('\n')
    await writeFile(await pathOf(), `${lines.slice(0, 3).join('\n')}\n`)
    expect(await verifyAuditLog({ directory })).toMatchObject({ ok: true, head: { sequence: 3 } })
    expect(await verifyAuditLog({ directory }, noted)).toMatchObject({ ok: false, sequence: 4 })
    await rm(directory, { recursive: true })
    await fill(5)
    expect(await verifyAuditLog({ directory }, noted)).toMatchObject({ ok: false, sequence: 4 })
  })

  it('is not written through a link', async () => {
    await fill(1)
    const path = await pathOf()
    await rename(path, join(folder, 'elsewhere'))
    await symlink(join(folder, 'elsewhere'), path)
    await expect(openAuditLog({ directory })).rejects.toEqual(withCode('HEDDLE_CA_STATE_UNSAFE'))
  })

  it('has no remains of a write that failed and could not be taken back', async () => {
    const log = await openAuditLog({ directory })
    const { ca } = await startCa({ audit: log.sink })
    const probe = await fileSystem.open(await pathOf(), 'r')
    const prototype = Object.getPrototypeOf(probe) as { datasync(): Promise<void>; truncate(size: number): Promise<void> }
    await probe.close()
    const failure = Object.assign(new Error('input/output error'), { code: 'EIO' })
    const spies = [vi.spyOn(prototype, 'datasync').mockRejectedValue(failure), vi.spyOn(prototype, 'truncate').mockRejectedValue(failure)]
    const many = Array.from({ length: 10 }, () => ca.sign(csr(), caller))
    expect((await Promise.allSettled(many)).every(({ status }) => status === 'rejected')).toBe(true)
    for (const spy of spies) spy.mockRestore()
    await ca.sign(csr(), caller)
    await log.close()
    expect(await verifyAuditLog({ directory })).toMatchObject({ ok: true, head: { sequence: 1 } })
    await fill(1)
  })
})
