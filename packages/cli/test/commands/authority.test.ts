import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestCa } from '@heddle/ca/testing'
import { createCa, createMemoryCaStore, makeCacerts, readCacerts } from '@heddle/ca'
import { createCsr, generateKey } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import { findingsOf, mismatches } from '../../src/commands/cert-doctor.js'
import type { CertificateRow, ProxyCertificates } from '../../src/target/workload-certificates.js'
import { call, temporaryFolder } from '../cli.fixture.js'

describe('ca init', () => {
  it('makes a set that istiod takes as it stands, keys for the owner only, and overwrites nothing', async () => {
    const cwd = temporaryFolder()
    const { code, stdout } = await call(['ca', 'init', '--out', 'cacerts', '--trust-domain', 'example.org'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toContain('root-key.pem in a safe')
    expect(readdirSync(join(cwd, 'cacerts')).sort()).toEqual([
      'ca-cert.pem',
      'ca-key.pem',
      'cert-chain.pem',
      'root-cert.pem',
      'root-key.pem',
      'secret.yaml',
    ])
    const secret = readFileSync(join(cwd, 'cacerts', 'secret.yaml'), 'utf8')
    expect(await call(['validate', 'cacerts/secret.yaml'], { cwd })).toMatchObject({ code: 0 })
    expect(Object.keys((JSON.parse(secret) as { stringData: object }).stringData)).toEqual([
      'ca-key.pem',
      'root-cert.pem',
      'ca-cert.pem',
      'cert-chain.pem',
    ])
    expect(statSync(join(cwd, 'cacerts', 'secret.yaml')).mode & 0o777).toBe(0o600)
    expect(statSync(join(cwd, 'cacerts', 'ca-key.pem')).mode & 0o777).toBe(0o600)
    expect((await readCacerts(join(cwd, 'cacerts'))).caKeyPem).toContain('PRIVATE KEY')
    expect((await call(['ca', 'init', '--out', 'cacerts'], { cwd })).code).not.toBe(0)
  })
})

describe('cert inspect', () => {
  const ca = createTestCa()
  const inspect = (text: string): ReturnType<typeof call> => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'file.pem'), text)
    return call(['cert', 'inspect', 'file.pem'], { cwd })
  }

  it('says whose a certificate is, how long, and that it keeps the rules', async () => {
    const { stdout } = await inspect(ca.issue('spiffe://cluster.local/ns/a/sa/b').chainPem + ca.rootPem)
    expect(stdout).toContain('id: spiffe://cluster.local/ns/a/sa/b')
    expect(stdout).toContain('key: ec-p256, 256 bits')
    expect(stdout).toMatch(/\((59|60)m left\)/)
    expect(stdout).toContain('rules: all kept')
  })

  it('names the rules that are broken, and what has expired', async () => {
    const bad = ca.issue('spiffe://cluster.local/a', { ttlSeconds: -60, fields: { basicConstraints: { isCa: true } } })
    const { stdout } = await inspect(bad.chainPem + ca.rootPem)
    expect(stdout).toContain('EXPIRED')
    expect(stdout).toContain('rule path-length')
  })

  it('reads requests, and refuses what is neither', async () => {
    const { stdout } = await inspect(createCsr({ privateKey: generateKey(), altNames: { uris: ['spiffe://a/b'] } }))
    expect(stdout).toContain('possession proved')
    expect(stdout).toContain('asks for: spiffe://a/b')
    expect((await inspect('hello')).code).toBe(65)
    expect((await inspect('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')).code).toBe(65)
    expect((await call(['cert', 'inspect', 'nowhere.pem'], { cwd: temporaryFolder() })).code).not.toBe(0)
  })
})

describe('cert inspect of several things', () => {
  const inspect = (text: string): ReturnType<typeof call> => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'file.pem'), text)
    return call(['cert', 'inspect', 'file.pem'], { cwd })
  }

  it('finds who issued what in any order, and reads requests with text around them', async () => {
    const [one, other] = [createTestCa(), createTestCa({ trustDomain: 'other' })]
    const request = createCsr({ privateKey: generateKey() })
    const text = other.rootPem + one.rootPem + one.issue('spiffe://cluster.local/ns/a/sa/b').chainPem + `Certificate Request:\n${request}`
    const { stdout } = await inspect(text)
    expect(stdout.match(/rules: all kept/g)).toHaveLength(3)
    expect(stdout).toContain('possession proved')
  })

  it('reads revocation lists, and says who signed them', async () => {
    await using ca = await createCa({ trustDomain: 'cluster.local', store: createMemoryCaStore() })
    const { serialHex } = await ca.issueFor({ namespace: 'a', serviceAccount: 'b' })
    await ca.denied.add({ serialHex })
    const { stdout } = await inspect((await ca.crlsPem()) + ca.bundle().rootsPem)
    expect(stdout).toMatch(/^revocation list 1$/m)
    expect(stdout).toMatch(/signature: by [0-9a-f]{32}$/m)
    expect(stdout).toContain('revoked: 1')
    expect(stdout).toMatch(new RegExp(`^    ${serialHex} 20`, 'm'))
    const alone = await inspect((await ca.crlsPem()) + createTestCa().rootPem)
    expect(alone.stdout).toContain('signature: not checked')
    expect((await inspect('-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n')).code).toBe(65)
  })
})

describe('cert doctor', () => {
  const nowMs = Date.UTC(2026, 0, 1, 12)
  const root = { fingerprint: 'f'.repeat(64), phase: 'active' as const, sinceMs: 0, notAfterMs: nowMs * 2 }
  const authority = { trustDomain: 'cluster.local', denied: [], rotation: { roots: [root] } } as unknown as Parameters<typeof findingsOf>[1]
  const leaf: CertificateRow = {
    name: 'default',
    status: 'ACTIVE',
    not_before: '2026-01-01T00:00:00.000Z',
    not_after: '2026-01-02T00:00:00.000Z',
    serial_number: '40aa',
    uris: ['spiffe://cluster.local/ns/default/sa/web'],
    authority_key_id: 'aa',
  }
  const end = (change: Partial<ProxyCertificates> = {}): ProxyCertificates => ({
    pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1', namespace: 'default' } },
    leaf,
    roots: [{ name: 'ROOTCA', status: 'ACTIVE', fingerprint: root.fingerprint, subject_key_id: 'aa' }],
    fault: undefined,
    ...change,
  })

  it('finds nothing where nothing is wrong', () => {
    expect(findingsOf(end(), authority, nowMs)).toEqual([])
    expect(mismatches(end(), end())).toEqual([])
  })

  it.each<[string, Partial<ProxyCertificates>, string]>([
    ['does not answer', { fault: 'refused' }, 'does not answer: refused'],
    ['has none', { leaf: undefined }, 'has no certificate'],
    ['has one that ended', { leaf: { ...leaf, not_after: '2026-01-01T11:00:00.000Z' } }, 'could not be renewed'],
    ['has one from the future', { leaf: { ...leaf, not_before: '2026-01-01T13:00:00.000Z' } }, 'the clocks'],
    ['is of another mesh', { leaf: { ...leaf, uris: ['spiffe://other/a'] } }, 'the mesh is "cluster.local"'],
    ['lacks a root', { roots: [] }, 'lacks the active root ffffffffffffffff'],
    [
      'trusts a root that is gone',
      { roots: [...end().roots, { name: 'ROOTCA', status: 'ACTIVE', fingerprint: '0'.repeat(64) }] },
      'has given up',
    ],
  ])('says so when a proxy %s', (_, change, words) => {
    expect(findingsOf(end(change), authority, nowMs).join('; ')).toContain(words)
  })

  it('tells who still trusts what was there before an authority was plugged in', () => {
    const { rootCertPem: rootsPem } = makeCacerts({ trustDomain: 'cluster.local' })
    const plugged = { ...authority, rotation: undefined, bundle: { fingerprint: '', sequence: 1, rootsPem, spiffe: '' } }
    const words = findingsOf(end(), plugged, nowMs).join('; ')
    expect(words).toContain('lacks the plugged-in root')
    expect(words).toContain('still trusts the root ffffffffffffffff')
    const fingerprint = new X509Certificate(rootsPem).fingerprint256.replaceAll(':', '').toLowerCase()
    expect(findingsOf(end({ roots: [{ name: 'ROOTCA', status: 'ACTIVE', fingerprint }] }), plugged, nowMs)).toEqual([])
  })

  it('judges a chain with intermediates by its root', () => {
    expect(mismatches(end({ leaf: { ...leaf, authority_key_id: 'intermediate', root_key_id: 'aa' } }), end())).toEqual([])
  })

  it('says who is denied, and who does not trust whom', () => {
    const denied = [{ kind: 'serial' as const, value: '40aa', sinceMs: 0 }]
    expect(findingsOf(end(), { ...authority, denied }, nowMs).join()).toContain('denied by its serial number')
    expect(mismatches(end({ leaf: { ...leaf, authority_key_id: 'bb' } }), end())).toEqual([
      expect.stringContaining('does not trust whoever signed'),
    ])
  })
})

describe('what is asked of the authority', () => {
  it.each([
    [['ca', 'token', 'create'], '--identity NAMESPACE/ACCOUNT'],
    [['ca', 'token', 'create', '--identity', 'spiffe://a/b'], 'is no id'],
    [['ca', 'token', 'create', '--identity', 'a/b/c'], '--identity NAMESPACE/ACCOUNT'],
    [['ca', 'jwt', 'issue', '--as', 'a/b'], '--audience'],
    [['ca', 'jwt', 'validate', 'token'], '--audience'],
    [['ca', 'bundle', 'set'], 'which trust domain'],
    [['ca', 'bundle', 'set', 'other'], '--url'],
    [['ca', 'bundle', 'set', 'other', '--url', 'http://other/'], 'is not https:'],
    [['ca', 'bundle', 'set', 'other', '--url', 'https://other/', '--endpoint-id', 'spiffe://other/a'], 'first bundle'],
    [['cert', 'issue', '--as', 'a/b', '--join-token', 'x'], 'leave --as away'],
  ])('%j is said to be incomplete before anybody is asked', async (argv, words) => {
    const { code, stderr } = await call(argv, { cwd: temporaryFolder() })
    expect(code).toBe(64)
    expect(stderr).toContain(words)
  })
})
