import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@heddle/base'
import { createFakeClock } from '@heddle/base/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createPodRecords, type PodRecord } from '../../src/runtime/pod-record.js'
import { createRecordWriter } from '../../src/runtime/record-writer.js'

const folder = mkdtempSync(join(tmpdir(), 'heddle-records-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the record of a Pod', () => {
  it('is written later, and in its newest form, when it could not be', () => {
    const records = createPodRecords(folder)
    const clock = createFakeClock()
    const failures: unknown[] = []
    const writer = createRecordWriter({ records, clock, logger: silentLogger, onWriteFailure: (error) => failures.push(error) })
    const identity = { version: 1, uid: 'u', namespace: 'default', name: 'web' } as const
    const record = (podIp: string): PodRecord => ({ ...identity, podIp, appAddress: podIp, portMap: {}, token: 't', containers: {} })
    const podIps = (): readonly string[] => records.readAll().map((one) => one.podIp)
    writeFileSync(records.directoryOf('u'), 'a file where the folder should be')
    writer.write(record('127.9.0.1'))
    writer.write(record('127.9.0.2'))
    clock.advance(2000)
    expect(failures).toHaveLength(3)
    rmSync(records.directoryOf('u'))
    expect(podIps()).toEqual([])
    clock.advance(2000)
    expect(podIps()).toEqual(['127.9.0.2'])
    writer.close()
    writer.write(record('127.9.0.3'))
    expect(podIps()).toEqual(['127.9.0.2'])
  })
})
