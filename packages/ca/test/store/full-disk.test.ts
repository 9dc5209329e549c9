/** T27: the disk is full at one call after another, of a first start and every step of a rotation, and from that call on. */
import fileSystem from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isHeddleError } from '@heddle/base'
import { parseCertificatePem, verifySvidPath } from '@heddle/x509'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Ca, createCa, createFileCaStore, openAuditLog, verifyAuditLog } from '../../src/index.js'
import { caller, csr } from '../support/fixtures.js'

const folders: string[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

type Call = (...parameters: unknown[]) => Promise<unknown>

/** What takes space, and what makes it last. Opening for reading works on a full disk. */
const writers = ['rename', 'link', 'writeFile'] as const
const handleWriters = ['writeFile', 'sync', 'datasync', 'write'] as const

interface Disk {
  readonly calls: () => number
}

/** Calls are counted from 1; those from `first` to `last` fail. */
function disk(first: number, last: number): Disk {
  let calls = 0
  const fails = (): void => {
    calls++
    if (calls >= first && calls <= last) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  }
  const target = fileSystem as unknown as Record<string, Call>
  for (const name of writers) {
    const original = (target[name] as Call).bind(fileSystem)
    vi.spyOn(target, name).mockImplementation(async (...parameters) => (fails(), await original(...parameters)))
  }
  const open = (target['open'] as Call).bind(fileSystem)
  vi.spyOn(target, 'open').mockImplementation(async (...parameters) => {
    if (typeof parameters[1] === 'string' && parameters[1].includes('w')) fails()
    const handle = (await open(...parameters)) as Record<string, Call>
    for (const name of handleWriters) {
      const original = (handle[name] as Call).bind(handle)
      handle[name] = async (...values) => (fails(), await original(...values))
    }
    return handle
  })
  return { calls: () => calls }
}

const steps: readonly ((ca: Ca) => Promise<unknown> | undefined)[] = [
  (ca) => ca.sign(csr(), caller, 90 * 86_400),
  (ca) => ca.rotation?.prepare(),
  (ca) => ca.rotation?.activate(),
  (ca) => ca.denied.add({ serialHex: 'ab'.repeat(8) }),
  (ca) => ca.crlsPem(),
  (ca) => ca.rotation?.taint(),
  (ca) => ca.rotation?.revoke(ca.rotation.status().find(({ phase }) => phase === 'tainted')?.fingerprint ?? '', true),
]

const start = (directory: string): Promise<Ca> => createCa({ trustDomain: 'cluster.local', store: createFileCaStore({ directory }) })
const stateOf = (ca: Ca): unknown => [
  ca.rotation?.status().map(({ fingerprint, phase }) => [fingerprint, phase]),
  ca.denied.entries().map(({ value }) => value),
]

/** Every failure is one that callers can tell, and what the authority says afterwards is what the disk says. */
async function live(directory: string): Promise<number> {
  let failures = 0
  const attempt = async <Result>(step: () => Promise<Result> | undefined): Promise<Result | undefined> => {
    try {
      return await step()
    } catch (error) {
      failures++
      expect(isHeddleError(error), String(error)).toBe(true)
      return undefined
    }
  }
  const ca = await attempt(() => start(directory))
  if (!ca) return failures
  const leaves: (readonly Uint8Array[])[] = []
  for (const step of steps) {
    await attempt(() => step(ca))
    const signed = await attempt(() => ca.sign(csr(), caller))
    const pem = parseCertificatePem(signed?.chain.join('') ?? '')
    if (pem.ok) leaves.push(pem.ders)
  }
  const state = stateOf(ca)
  const { trustBundle } = ca.bundle()
  await attempt(() => ca.close())
  vi.restoreAllMocks()
  await using again = await start(directory)
  expect(stateOf(again)).toEqual(state)
  for (const chain of leaves) {
    const before = verifySvidPath({ chain, bundle: trustBundle, nowMs: Date.now() })
    const after = verifySvidPath({ chain, bundle: again.bundle().trustBundle, nowMs: Date.now() })
    expect(after.ok).toBe(before.ok)
  }
  return failures
}

async function fresh(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'heddle-full-'))
  folders.push(folder)
  return folder
}

describe('T27: a disk that is full', () => {
  it.each([
    ['at one call', (first: number) => first],
    ['from one call on', () => Number.POSITIVE_INFINITY],
  ])('%s leaves the state that the authority speaks of, and no key that is not saved', { timeout: 120_000 }, async (_, lastOf) => {
    const counted = disk(0, -1)
    expect(await live(await fresh())).toBe(0)
    const total = counted.calls()
    expect(total).toBeGreaterThan(20)
    let failures = 0
    for (let first = 1; first <= total; first++) {
      vi.restoreAllMocks()
      disk(first, lastOf(first))
      failures += await live(await fresh())
    }
    expect(failures).toBeGreaterThan(total / 2)
  })

  it('at any write of the issuance log releases nothing that the log does not hold', { timeout: 60_000 }, async () => {
    for (let first = 1; first <= 12; first++) {
      vi.restoreAllMocks()
      const directory = await fresh()
      disk(first, first + 1)
      let released = 0
      const log = await openAuditLog({ directory }).catch(() => undefined)
      if (!log) continue
      const store = createFileCaStore({ directory: await fresh() })
      const ca = await createCa({ trustDomain: 'cluster.local', store, audit: log.sink }).catch(() => undefined)
      for (let round = 0; round < 6 && ca; round++) {
        const signed = await ca.sign(csr(), caller).catch((error: unknown) => {
          expect(isHeddleError(error), String(error)).toBe(true)
        })
        if (signed) released++
      }
      await ca?.close()
      await log.close()
      vi.restoreAllMocks()
      const verified = await verifyAuditLog({ directory })
      expect(verified).toMatchObject({ ok: true })
      expect(verified.ok && verified.head.sequence).toBe(released)
    }
  })
})
