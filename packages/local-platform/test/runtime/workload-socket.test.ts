import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPodRecords, type PodRecord } from '../../src/runtime/pod-record.js'
import { removeSocketFolder, socketPathOf, withSocketFolder } from '../../src/runtime/workload-socket.js'

const injected: PodRecord = {
  version: 1,
  uid: 'uid-1',
  namespace: 'default',
  name: 'web-1',
  podIp: '127.9.0.1',
  appAddress: '127.9.0.2',
  portMap: {},
  token: 'token',
  containers: {},
}
const made: PodRecord[] = []
const make = (record: PodRecord = injected): PodRecord => {
  const result = withSocketFolder(record)
  made.push(result)
  return result
}
let folder: string
const { TMPDIR: systemFolder } = process.env
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-socket-test-'))
})
afterEach(() => {
  if (systemFolder === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = systemFolder
  for (const record of made.splice(0)) removeSocketFolder(record)
  rmSync(folder, { recursive: true, force: true })
})

describe("the Workload API's socket of a Pod", () => {
  it('lies in a folder of its own for its owner alone, with a name that fits', () => {
    const path = socketPathOf(make()) ?? ''
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107)
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
    expect(socketPathOf(make())).not.toBe(path)
  })

  it('stays where it is while its folder is there, and moves when it is gone', () => {
    const first = make()
    expect(make(first)).toBe(first)
    removeSocketFolder(first)
    expect(socketPathOf(make(first))).not.toBe(socketPathOf(first))
  })

  it('is not there for a Pod without a sidecar', () => {
    expect(make({ ...injected, appAddress: injected.podIp }).socketFolder).toBeUndefined()
  })

  it('goes elsewhere when the system folder for temporary files is too deep or gone', () => {
    process.env['TMPDIR'] = join(folder, 'x'.repeat(120))
    expect(socketPathOf(make())).toMatch(/^\/tmp\/heddle-/)
    process.env['TMPDIR'] = join(folder, 'none')
    expect(socketPathOf(make())).toMatch(/^\/tmp\/heddle-/)
  })

  it('is removed with the Pod, and nothing is removed that has become open to others or a link', () => {
    const records = createPodRecords(folder)
    const record = make()
    records.write(record)
    records.remove(record.uid)
    expect(existsSync(record.socketFolder ?? '')).toBe(false)
    const other = mkdtempSync(join(folder, 'other-'))
    writeFileSync(join(other, 'file'), '')
    chmodSync(other, 0o755)
    removeSocketFolder({ ...injected, socketFolder: other })
    expect(existsSync(join(other, 'file'))).toBe(true)
    chmodSync(other, 0o700)
    symlinkSync(other, join(folder, 'link'))
    removeSocketFolder({ ...injected, socketFolder: join(folder, 'link') })
    expect(existsSync(join(other, 'file'))).toBe(true)
  })
})
