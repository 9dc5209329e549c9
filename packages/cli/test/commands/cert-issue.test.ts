import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestCa } from '@heddle/ca/testing'
import { describe, expect, it } from 'vitest'
import { refuseStrangersFiles, writeCertificate } from '../../src/commands/cert-issue.js'
import { call, temporaryFolder } from '../cli.fixture.js'

function certs(): string {
  const folder = join(temporaryFolder(), 'certs')
  mkdirSync(folder)
  return folder
}

it('keeps the key to its owner, also where a file that others may read stood', () => {
  const folder = certs()
  writeFileSync(join(folder, 'key.pem'), 'old')
  chmodSync(join(folder, 'key.pem'), 0o644)
  const paths = writeCertificate(folder, { chainPem: 'chain', privateKeyPem: 'key', rootsPem: 'roots' })
  expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(['chain', 'key', 'roots'])
  expect(statSync(join(folder, 'key.pem')).mode & 0o777).toBe(0o600)
})

describe('the files of an earlier call', () => {
  it('are replaced, and where there are none nothing is in the way', () => {
    const folder = certs()
    expect(() => refuseStrangersFiles(folder)).not.toThrow()
    const { chainPem, keyPem } = createTestCa().issue('spiffe://cluster.local/ns/default/sa/default')
    writeCertificate(folder, { chainPem, privateKeyPem: keyPem, rootsPem: 'roots' })
    expect(() => refuseStrangersFiles(folder)).not.toThrow()
  })

  it.each(['key.pem', 'cert.pem', 'ca.pem'])('are not taken for a %s of something else', async (name) => {
    const folder = certs()
    writeFileSync(join(folder, name), 'of my web site')
    const refused = await call(['cert', 'issue', '--as', 'default/default', '--out', folder])
    expect(refused.stderr).toContain(`${join(folder, name)} is there already`)
    expect(refused.stderr).toContain('--force')
    expect(readFileSync(join(folder, name), 'utf8')).toBe('of my web site')
  })
})

describe('a join token', () => {
  const folder = temporaryFolder()

  it.each([
    ['an empty standard input', ['--join-token', '-'], '', 'Did the command before it fail?'],
    ['other words on standard input', ['--join-token', '-'], 'error: no mesh\n', 'begin with "heddle-join-"'],
    ['an endless standard input', ['--join-token', '-'], 'x'.repeat(10_000_000), 'begin with "heddle-join-"'],
    ['a word that is none', ['--join-token', 'secret'], '', 'begin with "heddle-join-"'],
    ['a file that is not there', ['--join-token-file', 'nowhere'], '', '"nowhere" does not exist'],
    ['a token and a file', ['--join-token', '-', '--join-token-file', 'token'], '', 'say one of them'],
    ['a token and a name', ['--join-token', `heddle-join-${'a'.repeat(43)}`, '--as', 'a/b'], '', 'leave --as away'],
    ['neither token nor name', [], '', '--as NAMESPACE/ACCOUNT, or prove it with --join-token -'],
  ])('is not taken from %s', async (_, flags, input, words) => {
    const refused = await call(['cert', 'issue', ...flags], { input, cwd: folder })
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain(words)
  })

  it('is read from a file with its line end', async () => {
    writeFileSync(join(folder, 'token'), `heddle-join-${'a'.repeat(43)}\n`)
    const { stderr } = await call(['cert', 'issue', '--join-token-file', 'token'], { cwd: folder })
    expect(stderr).toContain('heddle up')
  })
})
