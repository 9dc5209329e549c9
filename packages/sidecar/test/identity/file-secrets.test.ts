import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock, createMemoryLogger } from '@heddle/base/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFileSecrets } from '../../src/identity/file-secrets.js'
import { createWebAuthority } from '../integration/web-authority.js'

const authority = createWebAuthority('Websites')
const name = 'file-cert:/etc/certs/tls.crt~/etc/certs/tls.key'
let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'heddle-file-secrets-'))
  mkdirSync(join(root, 'etc/certs'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const put = (file: string, text: string): void => writeFileSync(join(root, 'etc/certs', file), text)
const putPair = (host: string): string => {
  const { chainPem, keyPem } = authority.issue(host)
  put('tls.crt', chainPem)
  put('tls.key', keyPem)
  return chainPem
}

function harness(...names: readonly string[]) {
  const clock = createFakeClock()
  const logger = createMemoryLogger()
  const files = createFileSecrets({ root }, { clock, logger })
  const changed: string[] = []
  files.subscribe((changedName) => changed.push(changedName))
  files.follow(names)
  const chain = () => {
    const secret = files.get(name)
    return secret?.kind === 'certificate' ? secret.certificateChainPem : undefined
  }
  return { clock, logger, files, changed, chain }
}

describe('secrets in files', () => {
  it('are read when something refers to them, and again within a second of a change', () => {
    const first = putPair('a.example.com')
    const { clock, chain, changed } = harness(name)
    expect(chain()).toBe(first)
    const second = putPair('b.example.com')
    clock.advance(1000)
    expect(chain()).toBe(second)
    expect(changed).toEqual([name, name])
    clock.advance(5000)
    expect(changed).toHaveLength(2)
  })

  it('follow a link that is moved to a new folder, as volumes do it', () => {
    for (const version of ['one', 'two']) mkdirSync(join(root, 'etc/certs', version))
    const write = (version: string): string => {
      const { chainPem, keyPem } = authority.issue(`${version}.example.com`)
      put(`${version}/tls.crt`, chainPem)
      put(`${version}/tls.key`, keyPem)
      return chainPem
    }
    write('one')
    const second = write('two')
    for (const file of ['tls.crt', 'tls.key']) symlinkSync(`data/${file}`, join(root, 'etc/certs', file))
    symlinkSync('one', join(root, 'etc/certs/data'))
    const { clock, chain } = harness(name)
    symlinkSync('two', join(root, 'etc/certs/new'))
    renameSync(join(root, 'etc/certs/new'), join(root, 'etc/certs/data'))
    clock.advance(1000)
    expect(chain()).toBe(second)
  })

  it('keep their last good version while files are missing or do not fit together', () => {
    const first = putPair('a.example.com')
    const { clock, chain, logger } = harness(name)
    put('tls.key', authority.issue('b.example.com').keyPem)
    clock.advance(1000)
    unlinkSync(join(root, 'etc/certs/tls.crt'))
    clock.advance(1000)
    expect(chain()).toBe(first)
    expect(logger.records.filter(({ level }) => level === 'warn')).toHaveLength(2)
    expect(JSON.stringify(logger.records)).not.toContain('PRIVATE KEY')
    const third = putPair('c.example.com')
    clock.advance(1000)
    expect(chain()).toBe(third)
  })

  it('come when their files do', () => {
    const { clock, chain } = harness(name)
    expect(chain()).toBeUndefined()
    const first = putPair('a.example.com')
    clock.advance(1000)
    expect(chain()).toBe(first)
  })

  it('hold roots too', () => {
    put('root.pem', authority.rootPem)
    const { files } = harness('file-root:/etc/certs/root.pem')
    expect(files.get('file-root:/etc/certs/root.pem')).toMatchObject({ kind: 'validation', rootsPem: authority.rootPem })
  })

  it('hold revocation lists beside the roots, also beside those of the system', async () => {
    put('root.pem', authority.rootPem)
    const crlPem = await authority.revoke()
    put('lists.crl', crlPem)
    const [own, system] = ['file-root:/etc/certs/root.pem~/etc/certs/lists.crl', 'file-root:system~/etc/certs/lists.crl']
    const { files, clock, logger } = harness(own, system)
    expect(files.get(own)).toMatchObject({ kind: 'validation', rootsPem: authority.rootPem, crlPem })
    expect(files.get(system)).toMatchObject({ kind: 'validation', crlPem })
    put('lists.crl', 'no list at all')
    clock.advance(1000)
    expect(files.get(own)).toMatchObject({ crlPem })
    expect(logger.records.filter(({ level }) => level === 'warn')).toHaveLength(2)
  })

  it('are missing with their lists: whoever may be revoked is not let in by that', () => {
    put('root.pem', authority.rootPem)
    const { files, logger } = harness('file-root:/etc/certs/root.pem~/etc/certs/lists.crl')
    expect(files.get('file-root:/etc/certs/root.pem~/etc/certs/lists.crl')).toBeUndefined()
    expect(logger.records.at(-1)?.fields['reason']).toBe('/etc/certs/lists.crl is not there')
  })

  it('are not looked at when nothing refers to them any more', () => {
    putPair('a.example.com')
    const { clock, chain, files } = harness(name)
    files.follow([])
    expect(chain()).toBeUndefined()
    expect(clock.pendingTimers()).toBe(0)
  })

  it.each(['file-root:/../../../etc/hostname', 'file-root:../x', 'file-cert:/a~/b~/c', 'file-root:system', 'default', 'kubernetes://a'])(
    'are not read for %s',
    (other) => {
      const { files } = harness(other)
      expect(files.get(other)).toBeUndefined()
    },
  )
})
