import { createFakeClock } from '@heddle/base/testing'
import {
  createCsr,
  createTrustBundle,
  encodePem,
  generateKey,
  parseCertificate,
  parseCertificatePem,
  parsePrivateKey,
  publicKeyOf,
  verifySvidPath,
} from '@heddle/x509'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type AuditRecord, createCa, createMemoryCaStore } from '../src/index.js'
import { caller, csr, startCa, withCode, workloadUri } from './support/fixtures.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

function ders(pems: readonly string[]): readonly Uint8Array[] {
  const result = parseCertificatePem(pems.join(''))
  if (!result.ok) throw new Error(result.reason)
  return result.ders
}

function leafOf(pems: readonly string[]): Extract<ReturnType<typeof parseCertificate>, { ok: true }>['certificate'] {
  const result = parseCertificate(ders(pems)[0] as Uint8Array)
  if (!result.ok) throw new Error(result.reason)
  return result.certificate
}

describe('sign', () => {
  it('issues a leaf for the caller that verifies under the bundle', async () => {
    const { ca, clock } = await startCa()
    const signed = await ca.sign(csr(), caller)
    expect(signed.spiffeId).toBe(workloadUri)
    expect(verifySvidPath({ chain: ders(signed.chain), bundle: ca.bundle().trustBundle, nowMs: clock.now() })).toMatchObject({ ok: true })
    const leaf = leafOf(signed.chain)
    expect(leaf.subject.text).toBe('')
    expect(leaf.extensions.subjectAltNames).toMatchObject({ isCritical: true, uris: [workloadUri], dnsNames: [], otherCount: 0 })
    expect(leaf.extensions.keyUsage?.usages).toEqual(['digitalSignature'])
    expect(leaf.extensions.basicConstraints).toMatchObject({ isCa: false })
    expect(leaf.notBeforeMs).toBe(clock.now() - 120_000)
    expect(leaf.notAfterMs).toBe(clock.now() + dayMs)
  })

  it('takes nothing but the key from the request', async () => {
    const { ca } = await startCa()
    const key = generateKey()
    const greedy = createCsr({
      privateKey: key,
      subject: { commonName: 'admin', organization: 'system:masters' },
      altNames: {
        uris: ['spiffe://cluster.local/ns/kube-system/sa/admin', 'spiffe://x/y'],
        dnsNames: ['istiod.istio-system.svc'],
        ipAddresses: [Uint8Array.of(10, 0, 0, 1)],
      },
    })
    const leaf = leafOf((await ca.sign(greedy, caller)).chain)
    expect(leaf.subject.text).toBe('')
    expect(leaf.extensions.subjectAltNames).toMatchObject({ uris: [workloadUri], dnsNames: [], ipAddresses: [] })
    expect(Buffer.from(leaf.publicKey.spki)).toEqual(Buffer.from(publicKeyOf(key)))
  })

  it('adds keyEncipherment for RSA keys only', async () => {
    const { ca } = await startCa()
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const signed = await ca.sign(createCsr({ privateKey }), caller)
    expect(leafOf(signed.chain).extensions.keyUsage?.usages).toEqual(['digitalSignature', 'keyEncipherment'])
  })

  it.each([
    [undefined, 24 * 3600],
    [0, 24 * 3600],
    [-1, 24 * 3600],
    [1, 1],
    [3600, 3600],
    [90 * 86_400 + 1, 90 * 86_400],
    [2 ** 31, 90 * 86_400],
    [3600n, 3600],
    [-5n, 24 * 3600],
    [2n ** 53n + 1n, 90 * 86_400],
    [2n ** 63n - 1n, 90 * 86_400],
    [Number.NaN, 24 * 3600],
    [Number.POSITIVE_INFINITY, 90 * 86_400],
  ])('gives a request for %s seconds a lifetime of %s', async (asked, seconds) => {
    const { ca, clock } = await startCa()
    expect((await ca.sign(csr(), caller, asked)).notAfterMs).toBe(clock.now() + seconds * 1000)
  })

  it('never lets a leaf outlive the root, and refuses when the root has ended', async () => {
    const { ca, clock } = await startCa({ rootTtlSeconds: 90 * 86_400 })
    clock.advance(89 * dayMs)
    expect((await ca.sign(csr(), caller, 7 * 86_400)).notAfterMs).toBe(clock.now() + dayMs)
    clock.advance(dayMs)
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_SIGNER_EXPIRED'))
  })

  it.each([
    ['a comma', { namespace: 'a,URI:spiffe://cluster.local/ns/b/sa/c' }],
    ['a newline', { serviceAccount: 'a\nb' }],
    ['a NUL', { serviceAccount: 'a\0b' }],
    ['a percent sign', { namespace: 'a%2fb' }],
    ['another letter', { namespace: 'ä' }],
    ['a slash', { namespace: 'a/sa/b/ns/c' }],
    ['dots', { namespace: '..' }],
    ['nothing', { serviceAccount: '' }],
    ['a foreign trust domain', { trustDomain: 'other' }],
  ])('refuses a caller with %s in its identity', async (_, part) => {
    const { ca } = await startCa()
    await expect(ca.sign(csr(), { ...caller, ...part })).rejects.toEqual(withCode('HEDDLE_CA_CALLER_INVALID'))
  })

  it.each([
    ['empty', ''],
    ['not PEM', 'hello'],
    ['twice', csr() + csr()],
    ['with leading text', `text\n${csr()}`],
    ['a certificate', encodePem('CERTIFICATE', new Uint8Array(30))],
    ['not DER', encodePem('CERTIFICATE REQUEST', Buffer.from('hello'))],
    ['larger than 16 KiB', `${csr()}${'\n'.repeat(16 * 1024)}`],
  ])('refuses a request that is %s', async (_, pem) => {
    const { ca } = await startCa()
    await expect(ca.sign(pem, caller)).rejects.toEqual(withCode('HEDDLE_CA_CSR_INVALID'))
  })

  it("T7: refuses a request with the authority's own key", async () => {
    const store = createMemoryCaStore()
    const { ca, clock } = await startCa({ store })
    await ca.close()
    const state = JSON.parse(Buffer.from((await store.open()) as Uint8Array).toString()) as { state: { roots: { privateKey: string }[] } }
    const key = parsePrivateKey(state.state.roots[0]?.privateKey ?? '')
    if (!key.ok) throw new Error(key.reason)
    await store.close()
    const again = await startCa({ store }, clock)
    await expect(again.ca.sign(createCsr({ privateKey: key.key }), caller)).rejects.toEqual(withCode('HEDDLE_CA_CSR_INVALID'))
  })

  it('gives 500 certificates 500 serial numbers', async () => {
    const { ca } = await startCa()
    const request = csr()
    const serials = await Promise.all(Array.from({ length: 500 }, async () => (await ca.sign(request, caller)).serialHex))
    expect(new Set(serials).size).toBe(500)
    expect(serials.every((serial) => /^[4-7][0-9a-f]{31}$/.test(serial))).toBe(true)
  })
})

describe('issueFor and issueServer', () => {
  it('give a person a mesh identity, with a record of who asked', async () => {
    const audit: AuditRecord[] = []
    const { ca, clock } = await startCa({ audit: (entry) => void audit.push(entry) })
    const issued = await ca.issueFor({ namespace: 'default', serviceAccount: 'hello' }, { claimedActor: 'alice', ttlSeconds: 600 })
    expect(verifySvidPath({ chain: ders(issued.chain), bundle: ca.bundle().trustBundle, nowMs: clock.now() })).toMatchObject({ ok: true })
    expect(parsePrivateKey(issued.privateKeyPem)).toMatchObject({ ok: true, algorithm: 'ec-p256' })
    expect(audit).toEqual([
      {
        atMs: clock.now(),
        action: 'issue-for',
        spiffeId: workloadUri,
        serialHex: issued.serialHex,
        notBeforeMs: clock.now() - 120_000,
        notAfterMs: clock.now() + 600_000,
        issuerFingerprint: ca.bundle().roots[0]?.fingerprint,
        method: 'operator',
        claimedActor: 'alice',
      },
    ])
    expect(JSON.stringify(audit)).not.toContain('PRIVATE')
  })

  it('give the control plane a certificate under DNS names', async () => {
    const { ca } = await startCa()
    const issued = await ca.issueServer({
      dnsNames: ['istiod.istio-system.svc'],
      ipAddresses: [Uint8Array.of(127, 0, 0, 1)],
      workload: { namespace: 'istio-system', serviceAccount: 'istiod' },
    })
    expect(leafOf(issued.chain).extensions.subjectAltNames).toMatchObject({
      uris: ['spiffe://cluster.local/ns/istio-system/sa/istiod'],
      dnsNames: ['istiod.istio-system.svc'],
    })
    expect(leafOf((await ca.issueServer({ dnsNames: ['a.test'] })).chain).extensions.subjectAltNames).toMatchObject({
      uris: [],
      dnsNames: ['a.test'],
    })
  })

  it('release nothing when the audit record cannot be written', async () => {
    const { ca } = await startCa({ audit: () => Promise.reject(new Error('disk full')) })
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_AUDIT_FAILED'))
    await expect(ca.issueFor({ namespace: 'a', serviceAccount: 'b' })).rejects.toEqual(withCode('HEDDLE_CA_AUDIT_FAILED'))
  })
})

describe('createCa', () => {
  it('makes one root at the first start and keeps it', async () => {
    const store = createMemoryCaStore()
    const first = await startCa({ store })
    const { rootsPem } = first.ca.bundle()
    await first.ca.close()
    expect((await startCa({ store }, first.clock)).ca.bundle().rootsPem).toBe(rootsPem)
    const root = leafOf([rootsPem])
    expect(root.subject.text).toBe('O=cluster.local')
    expect(root.publicKey.rules).toMatchObject({ algorithm: 'ec-p256' })
    expect(root.extensions.keyUsage?.usages).toEqual(['keyCertSign', 'cRLSign'])
    expect(root.extensions.subjectAltNames?.uris).toEqual(['spiffe://cluster.local'])
    expect(root.notAfterMs - first.clock.now()).toBe(3650 * dayMs)
    expect(() => createTrustBundle({ roots: { 'cluster.local': rootsPem } })).not.toThrow()
  })

  it.each([
    ['no store', { store: undefined }],
    ['a bad trust domain', { trustDomain: 'Cluster.Local' }],
    ['an empty trust domain', { trustDomain: '' }],
    ['a path in the trust domain', { trustDomain: 'a/b' }],
    ['a default above the maximum', { defaultTtlSeconds: 100, maxTtlSeconds: 10 }],
    ['a root shorter than its leaves', { rootTtlSeconds: 100 }],
    ['a lifetime that is no number', { rootTtlSeconds: Number.NaN }],
  ])('refuses options with %s', async (_, part) => {
    const { store, ...options } = { trustDomain: 'cluster.local', store: createMemoryCaStore(), ...part }
    await expect(createCa({ ...options, ...(store && { store }) }, { clock: createFakeClock() })).rejects.toEqual(
      withCode('HEDDLE_CA_OPTIONS_INVALID'),
    )
  })

  it('issues nothing after it was closed', async () => {
    const { ca } = await startCa()
    await ca.close()
    await ca.close()
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_CLOSED'))
    await expect(ca.rotation?.prepare()).rejects.toEqual(withCode('HEDDLE_CA_CLOSED'))
  })
})
