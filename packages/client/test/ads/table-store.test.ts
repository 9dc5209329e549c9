import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock, createMemoryLogger } from '@heddle/base/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createResourceTable } from '../../src/ads/resource-table.js'
import { createTableStore } from '../../src/ads/table-store.js'

let stateDir: string
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'heddle-tables-'))
})
afterEach(() => rmSync(stateDir, { recursive: true, force: true }))
const file = (): string => join(stateDir, 'last-good-config.json')

function harness(folder = stateDir) {
  const clock = createFakeClock()
  const logger = createMemoryLogger()
  const decode = (bytes: Uint8Array): string => {
    const text = Buffer.from(bytes).toString()
    if (text === 'bad') throw new Error('it is bad')
    return text
  }
  const tables = { clusters: createResourceTable(decode, 'by-name'), routes: createResourceTable(decode, 'by-name') }
  const store = createTableStore({ stateDir: folder, tables }, { clock, logger })
  const put = (name: string, text: string) => {
    tables.clusters.take({ resources: [{ name, version: '1', typeUrl: '', bytes: Buffer.from(text) }], removed: ['gone'] })
    tables.clusters.snapshot()(new Set())
  }
  return { clock, logger, tables, store, put }
}

describe('the last good configuration', () => {
  it('comes back whole, with its versions and with what does not exist', () => {
    const first = harness()
    first.put('web', 'cluster web')
    first.store.save()
    const second = harness()
    expect(second.store.load()).toBe(true)
    expect(second.tables.clusters.held.get('web')).toMatchObject({ version: '1', value: 'cluster web' })
    expect([...second.tables.clusters.absent]).toEqual(['gone'])
    expect(statSync(file()).mode & 0o777).toBe(0o600)
  })

  it('is written once a second however often it changes, and at the end', () => {
    const { store, put, clock } = harness()
    const written = (): string => readFileSync(file(), 'utf8')
    put('web', '1')
    store.save()
    const first = written()
    put('web', '2')
    store.save()
    store.save()
    expect(written()).toBe(first)
    clock.advance(1000)
    const second = written()
    expect(second).not.toBe(first)
    put('web', '3')
    store.save()
    store.close()
    expect(written()).not.toBe(second)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('is nothing when there is no file', () => {
    const { store, logger } = harness()
    expect(store.load()).toBe(false)
    expect(logger.records).toEqual([])
  })

  it.each([
    ['a flipped byte', (text: string) => text.replace('web', 'wet')],
    ['a torn end', (text: string) => text.slice(0, -9)],
    ['no text', () => ''],
    ['garbage', () => '\n{}'],
  ])('is not used with %s', (_case, spoil) => {
    const first = harness()
    first.put('web', 'cluster web')
    first.store.save()
    writeFileSync(file(), spoil(readFileSync(file(), 'utf8')))
    const { store, logger, tables } = harness()
    expect(store.load()).toBe(false)
    expect(tables.clusters.held.size).toBe(0)
    expect(logger.records.map(({ message }) => message)).toEqual(['the last good configuration cannot be used'])
  })

  it('that cannot be written is said and stops nothing', () => {
    const blocked = join(stateDir, 'a-file')
    writeFileSync(blocked, '')
    const { store, put, logger } = harness(join(blocked, 'folder'))
    put('web', '1')
    store.save()
    expect(logger.records.map(({ message }) => message)).toEqual(['the last good configuration cannot be kept'])
  })
})
