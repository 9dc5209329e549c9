import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditRecord, openAuditLog } from '@heddle/ca'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { issuancePage } from '../../src/debug/issuance-page.js'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'heddle-issued-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const spiffeId = 'spiffe://cluster.local/ns/default/sa/web'
const recordAt = (atMs: number): AuditRecord => ({
  atMs,
  action: 'sign',
  spiffeId,
  serialHex: atMs.toString(16),
  notBeforeMs: atMs,
  notAfterMs: atMs + 5000,
  issuerFingerprint: 'aa',
  method: 'jwt',
})

async function write(name: string, ...times: readonly number[]): Promise<void> {
  const log = await openAuditLog({ directory: join(folder, name) })
  for (const time of times) await log.sink(recordAt(time))
  await log.close()
}

const ask = async (query: string): Promise<unknown> => JSON.parse((await issuancePage(folder, new URLSearchParams(query))).body) as unknown
const timesIn = async (query: string): Promise<readonly number[]> => ((await ask(query)) as readonly AuditRecord[]).map(({ atMs }) => atMs)

describe('the logs of istiods that followed one another', () => {
  it('are one to those who ask', async () => {
    await write('istiod-1', 1000, 3000)
    await write('istiod-2', 2000, 9000)
    expect(await timesIn('')).toEqual([1000, 2000, 3000, 9000])
    expect(await timesIn('limit=2')).toEqual([3000, 9000])
    expect(await timesIn(`id=${encodeURIComponent(spiffeId)}&at=4000`)).toEqual([1000, 2000, 3000])
    expect(await ask('verify=1')).toMatchObject({ ok: true, head: { sequence: 2 } })
  })

  it('are each verified', async () => {
    await write('istiod-1', 1000)
    await write('istiod-2', 2000)
    const [file = ''] = readdirSync(join(folder, 'istiod-1'))
    appendFileSync(join(folder, 'istiod-1', file), '{"sequence":2}\n')
    expect(await ask('verify=1')).toMatchObject({ ok: false, sequence: 2 })
  })

  it('may stand in the folder itself', async () => {
    mkdirSync(join(folder, 'empty'))
    await write('.', 1000)
    expect(await timesIn('')).toEqual([1000])
  })
})
