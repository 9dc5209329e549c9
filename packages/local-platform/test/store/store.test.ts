import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isHeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStateFolder } from '../../src/store/state-folder.js'
import { openStore } from '../../src/store/store.js'
import { temporaryFolder } from '../platform-harness.js'

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const object = (name: string, text = ''): KubernetesObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text } })

function codeOf(action: () => unknown): { code: string; message: string } {
  try {
    action()
  } catch (error) {
    if (isHeddleError(error)) return { code: error.code, message: error.message }
    throw error
  }
  return { code: 'none', message: '' }
}

describe('store', () => {
  it('is for its owner only: Secrets are in it', async () => {
    const store = openStore(folder)
    await store.put('a', object('a'))
    await store.close()
    for (const name of readdirSync(folder)) expect([name, statSync(join(folder, name)).mode & 0o077]).toEqual([name, 0])
  })

  it('finds what was acknowledged after it is opened again, and goes on counting', async () => {
    const first = openStore(folder)
    await first.put('a', object('a'))
    await first.put('b', object('b'))
    await first.remove('b')
    await first.close()

    const second = openStore(folder)
    expect(second.get('a')?.metadata.resourceVersion).toBe('1')
    expect(second.get('b')).toBeUndefined()
    expect(second.revision).toBe(3)
    expect((await second.put('c', object('c'))).metadata.resourceVersion).toBe('4')
    await second.close()
  })

  it('delivers events in order, each after its write is durable', async () => {
    const store = openStore(folder)
    const seen: number[] = []
    store.events.subscribe((event) => seen.push(event.revision))
    await Promise.all(Array.from({ length: 50 }, (_, index) => store.put(`key${index % 7}`, object(String(index)))))
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
    await store.close()
  })

  it('forgets old events, so that a watch from there must list again', async () => {
    const store = openStore(folder, { eventCapacity: 4 })
    for (let index = 0; index < 20; index++) await store.put('a', object('a', String(index)))
    expect(store.events.since(1)).toBeUndefined()
    expect(store.events.since(18)?.map((event) => event.revision)).toEqual([19, 20])
    await store.close()
  })

  it('shows readers a write when it is durable, and knows the states before it', async () => {
    const store = openStore(folder)
    await store.put('a/1', object('1', 'old'))
    await store.put('a/2', object('2'))
    const writes = [store.put('a/1', object('1', 'new')), store.remove('a/2'), store.put('a/3', object('3'))]
    const texts = (revision?: number) =>
      store.durable.list('a/', revision)?.map(([key, found]) => `${key} ${(found['data'] as { text: string }).text}`)
    expect([store.revision, store.durable.revision, store.get('a/1')?.['data']]).toEqual([5, 2, { text: 'new' }])
    expect(texts()).toEqual(['a/1 old', 'a/2 '])
    await Promise.all(writes)
    expect([texts(), texts(4), texts(3), texts(2)]).toEqual([['a/1 new', 'a/3 '], ['a/1 new'], ['a/1 new', 'a/2 '], ['a/1 old', 'a/2 ']])
    expect(store.durable.list('a/', 6)).toBeUndefined()
    await store.close()
    const later = openStore(folder)
    expect(later.durable.list('a/', 2)).toBeUndefined()
    expect(later.durable.list('a/')?.map(([key]) => key)).toEqual(['a/1', 'a/3'])
    await later.close()
  })

  it('names the record in which a byte was flipped', async () => {
    const store = openStore(folder)
    await store.put('core/configmaps/default/first', object('first', 'a text that is easy to find'))
    await store.put('core/configmaps/default/second', object('second', 'another one'))
    await store.close()
    const file = join(folder, 'data.mdb')
    const bytes = readFileSync(file)
    for (let at = bytes.indexOf('easy to find'); at >= 0; at = bytes.indexOf('easy to find', at + 1)) bytes[at] = bytes[at]! ^ 0x10
    writeFileSync(file, bytes)

    const failure = codeOf(() => openStore(folder))
    expect(failure.code).toBe('HEDDLE_STORE_CORRUPT')
    expect(failure.message).toContain('core/configmaps/default/first')
  })

  it('notices a record that vanished', async () => {
    const store = openStore(folder)
    await store.put('core/configmaps/default/first', object('first'))
    await store.put('core/configmaps/default/second', object('second'))
    await store.close()
    const raw = open({ path: folder, noSubdir: false, encoding: 'binary' })
    await raw.remove('core/configmaps/default/second')
    await raw.close()

    const failure = codeOf(() => openStore(folder))
    expect(failure.code).toBe('HEDDLE_STORE_CORRUPT')
    expect(failure.message).toContain('2 objects were written but 1 can be read')
  })

  it('notices when the database is older than what was acknowledged', async () => {
    const store = openStore(folder)
    await store.put('core/configmaps/default/first', object('first'))
    await store.close()
    const older = readFileSync(join(folder, 'data.mdb'))
    const again = openStore(folder)
    await again.put('core/configmaps/default/second', object('second'))
    await again.close()
    writeFileSync(join(folder, 'data.mdb'), older)
    rmSync(join(folder, 'lock.mdb'))

    const failure = codeOf(() => openStore(folder))
    expect(failure.code).toBe('HEDDLE_STORE_CORRUPT')
    expect(failure.message).toContain('revision 2 was acknowledged but the newest that can be read is 1')
  })
})

describe('state folder', () => {
  it('refuses a file in its place', () => {
    const path = join(folder, 'state')
    writeFileSync(path, '')
    expect(codeOf(() => openStateFolder(path))).toMatchObject({
      code: 'HEDDLE_STATE_UNUSABLE',
      message: expect.stringContaining('a file stands in its place'),
    })
  })

  it('refuses the state of a newer version', () => {
    writeFileSync(join(folder, 'state.json'), '{"version":99}')
    expect(codeOf(() => openStateFolder(folder)).code).toBe('HEDDLE_STATE_NEWER')
  })

  it('refuses a second platform on the same state, until the first lets go', () => {
    const first = openStateFolder(folder)
    expect(codeOf(() => openStateFolder(folder)).code).toBe('HEDDLE_STATE_IN_USE')
    first.release()
    openStateFolder(folder).release()
  })

  it('takes over the lock of a process that is gone, even when its number is in use again', () => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, start: 'another start' }))
    openStateFolder(folder).release()
  })
})

describe('a full disk', () => {
  const isMounted = process.getuid?.() === 0 && process.platform === 'linux'

  it.skipIf(!isMounted)('refuses the write that does not fit and every later one; what was acknowledged can be read', async ({ skip }) => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', folder], { stdio: 'ignore' })
    } catch {
      skip('no file system can be mounted here')
    }
    try {
      const store = openStore(folder)
      await store.put('small', object('small'))
      const refusals = await Promise.allSettled(
        Array.from({ length: 30 }, (_, at) => store.put(`big-${at}`, object(`big-${at}`, 'x'.repeat(40_000)))),
      )
      const refused = refusals.find(({ status }) => status === 'rejected') as PromiseRejectedResult
      expect(refused.reason).toMatchObject({ code: 'HEDDLE_STORE_WRITE' })
      await expect(store.put('later', object('later'))).rejects.toMatchObject({ code: 'HEDDLE_STORE_WRITE' })
      expect(store.get('small')).toBeDefined()
      await store.close()
    } finally {
      execFileSync('umount', ['-l', folder])
    }
  })
})
