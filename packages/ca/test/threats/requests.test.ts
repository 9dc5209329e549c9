/** Threats of certificate requests (T1 to T9, T38, T39, T41). Others of the list stand beside what they threaten, under their numbers. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createFakeClock, createMemoryLogger } from '@heddle/base/testing'
import { createCsr, encodePem, generateKey, parseCertificate, parseCertificatePem, parsePem } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import { type Authenticator, type Ca, createCertificateService, createMemoryCaStore, type SignedCertificate } from '../../src/index.js'
import { caller, csr, startCa, withCode, workloadUri } from '../support/fixtures.js'

function leafOf(signed: SignedCertificate): Extract<ReturnType<typeof parseCertificate>, { ok: true }>['certificate'] {
  const pem = parseCertificatePem(signed.chain[0] as string)
  const parsed = pem.ok && parseCertificate(pem.ders[0] as Uint8Array)
  if (!parsed || !parsed.ok) throw new Error('not read')
  return parsed.certificate
}

/** A request signed by `signer` that carries another key, or the same bytes with one part replaced. */
function patched(pem: string, find: Uint8Array, replace: Uint8Array): string {
  const blocks = parsePem(pem)
  const der = Buffer.from(blocks.ok ? (blocks.blocks[0]?.der as Uint8Array) : [])
  const at = der.indexOf(find)
  if (at < 0) throw new Error('not found')
  return encodePem('CERTIFICATE REQUEST', Buffer.concat([der.subarray(0, at), replace, der.subarray(at + find.length)]))
}

const spkiOf = (key: KeyObject): Uint8Array => createPublicKey(key).export({ format: 'der', type: 'spki' })

/** Vouches for whoever the token names. */
const byName: Authenticator = {
  name: 'test',
  authenticate: ({ token = '' }) => Promise.resolve({ kind: 'authenticated', caller: { ...caller, serviceAccount: token } }),
}

describe('requests', () => {
  it.each<[string, string, Parameters<typeof createCsr>[0]['altNames']]>([
    ['T1', 'the id of another workload', { uris: ['spiffe://cluster.local/ns/kube-system/sa/admin'] }],
    ['T2', 'two ids', { uris: ['spiffe://cluster.local/a', 'spiffe://cluster.local/b'] }],
    ['T2', 'DNS names and addresses', { dnsNames: ['istiod.istio-system.svc'], ipAddresses: [Uint8Array.of(1, 2, 3, 4)] }],
  ])('%s: with %s carry the caller’s id alone, and the wish is counted', async (_, __, altNames) => {
    const { ca } = await startCa()
    const leaf = leafOf(await ca.sign(createCsr({ privateKey: generateKey(), ...(altNames && { altNames }) }), caller))
    expect(leaf.extensions.subjectAltNames).toMatchObject({ uris: [workloadUri], dnsNames: [], ipAddresses: [], otherCount: 0 })
    expect(ca.metrics().ignoredWishes).toBe(1)
  })

  it('T3: that ask to be a CA get a leaf with our own key usage', async () => {
    const { ca } = await startCa()
    const asking = createCsr({ privateKey: generateKey(), subject: { commonName: 'ca', organization: 'system:masters' } })
    const leaf = leafOf(await ca.sign(asking, caller))
    expect(leaf.extensions).toMatchObject({
      basicConstraints: { isCa: false, pathLength: undefined },
      keyUsage: { usages: ['digitalSignature'] },
      unhandled: [],
    })
    expect(ca.explain({ csrPem: asking, caller })).toMatchObject({ ok: true, notes: [expect.stringContaining('subject') as string] })
  })

  it('T4: that do not prove possession are refused', async () => {
    const { ca } = await startCa()
    const key = generateKey()
    const stolen = patched(createCsr({ privateKey: key }), spkiOf(key), spkiOf(generateKey()))
    const ecdsaSha384 = Buffer.from('06082a8648ce3d040303', 'hex')
    const mismatched = patched(createCsr({ privateKey: key }), Buffer.from('06082a8648ce3d040302', 'hex'), ecdsaSha384)
    for (const pem of [stolen, mismatched]) await expect(ca.sign(pem, caller)).rejects.toEqual(withCode('HEDDLE_CA_CSR_INVALID'))
    expect(ca.metrics().csrParsingErrors).toBe(2)
  })

  it.each<[string, () => KeyObject]>([
    ['RSA of 1024 bits', () => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey],
    ['RSA with exponent 3', () => generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey],
    ['P-224', () => generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).privateKey],
    ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey],
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey],
    ['explicit curve parameters', () => generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).privateKey],
    ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey],
    ['Ed448', () => generateKeyPairSync('ed448').privateKey],
    ['DSA', () => generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey],
  ])('T5: with a key of %s are refused', async (_, make) => {
    const { ca } = await startCa()
    const good = generateKey()
    const pem = patched(createCsr({ privateKey: good }), spkiOf(good), spkiOf(make()))
    await expect(ca.sign(pem, caller)).rejects.toEqual(withCode('HEDDLE_CA_CSR_INVALID'))
  })

  it('T5: with the point at infinity are refused', async () => {
    const { ca } = await startCa()
    const key = generateKey()
    const infinity = Buffer.from('3019301306072a8648ce3d020106082a8648ce3d030107030200', 'hex')
    await expect(
      ca.sign(patched(createCsr({ privateKey: key }), spkiOf(key), Buffer.concat([infinity, Buffer.of(0)])), caller),
    ).rejects.toEqual(withCode('HEDDLE_CA_CSR_INVALID'))
  })

  it.each<[string, (pem: string) => string]>([
    ['empty', () => ''],
    ['two', (pem) => pem + pem],
    ['under another label', (pem) => pem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')],
    ['after a text', (pem) => `hello\n${pem}`],
    ['longer than 16 KiB', (pem) => pem + '\n'.repeat(16 * 1024)],
    ['of 64 MiB', () => `-----BEGIN CERTIFICATE REQUEST-----\n${'A'.repeat(64 * 1024 * 1024)}`],
    ['in letters that are no base64', (pem) => pem.replace('\nM', '\n\u00cd')],
    ['with bytes after the end', (pem) => patched(pem, Buffer.of(0x30), Buffer.of(0x30)).replace('\n-----END', 'AA==\n-----END')],
  ])('T6: that are %s are refused at once', async (_, change) => {
    const { ca } = await startCa()
    const started = performance.now()
    await expect(ca.sign(change(csr()), caller)).rejects.toEqual(withCode('HEDDLE_CA_CSR_INVALID'))
    expect(performance.now() - started).toBeLessThan(500)
  })

  it('T6: with CRLF line ends are taken', async () => {
    const { ca } = await startCa()
    await expect(ca.sign(csr().replaceAll('\n', '\r\n'), caller)).resolves.toBeDefined()
  })

  it('T8: replayed a thousand times run into the limit, and every certificate has a serial of its own', async () => {
    const { ca, clock } = await startCa()
    const service = createCertificateService({ ca, authenticators: [byName] }, { clock })
    const request = { csr: csr() }
    const results = await Promise.all(Array.from({ length: 1000 }, () => service.createCertificate(request, { token: 'hello' })))
    const issued = results.flatMap((result) => (result.ok ? [result.certChain[0] as string] : []))
    expect(new Set(issued).size).toBe(50)
    const refused = results.find((result) => !result.ok)
    expect(refused).toMatchObject({ status: 'RESOURCE_EXHAUSTED', retryAfterMs: 100 })
    expect(service.counters()).toEqual({ authenticationFailures: 0, rateLimited: 950, queueFull: 0 })
  })

  it('T9: never give more than the maximum, whatever lifetime is asked for', async () => {
    const { ca, clock } = await startCa({ maxTtlSeconds: 3600, defaultTtlSeconds: 600 })
    const lifetimes = await Promise.all(
      [-1, 0, 1, 3600, 3601, 2 ** 31, 2n ** 53n + 1n, 2n ** 63n - 1n].map(
        async (asked) => ((await ca.sign(csr(), caller, asked)).notAfterMs - clock.now()) / 1000,
      ),
    )
    expect(lifetimes).toEqual([600, 600, 1, 3600, 3600, 3600, 3600, 3600])
  })

  // What else runs on the machine may stop this process for a second: once in three must be quiet enough.
  it(
    'T39: of 10,000 workloads at once get unique serials or a hint, through a bounded queue, while the process answers others',
    { retry: 2 },
    async () => {
      const { ca } = await startCa()
      const logger = createMemoryLogger()
      const limits = { perCallerLimit: { burst: 10, perSecond: 1 }, overallLimit: { burst: 20_000, perSecond: 1 } }
      const service = createCertificateService({ ca, authenticators: [byName], queueCapacity: 2000, ...limits }, { logger })
      const request = { csr: csr() }
      let longestMs = 0
      let last = performance.now()
      const watch = setInterval(() => {
        longestMs = Math.max(longestMs, performance.now() - last)
        last = performance.now()
      }, 5)
      const answers: ReturnType<typeof service.createCertificate>[] = []
      // As many in one turn as the connections of a flood bring: far more than are signed in it.
      while (answers.length < 10_000) {
        for (let count = 0; count < 500; count++) answers.push(service.createCertificate(request, { token: `w${answers.length}` }))
        await new Promise((resolve) => setImmediate(resolve))
      }
      const results = await Promise.all(answers)
      clearInterval(watch)
      const serials = results.flatMap((result) => (result.ok ? [leafOfPem(result.certChain[0] as string)] : []))
      expect(new Set(serials).size).toBe(serials.length)
      expect(serials.length).toBeGreaterThanOrEqual(2000)
      expect(results.filter((result) => !result.ok).every((result) => !result.ok && result.status === 'RESOURCE_EXHAUSTED')).toBe(true)
      expect(service.counters().queueFull).toBe(10_000 - serials.length)
      process.stdout.write(`10,000 requests at once: the longest pause was ${longestMs.toFixed(0)} ms\n`)
      // A bar of 100 ms on a machine of its own; here others run beside.
      expect(longestMs).toBeLessThan(1000)
    },
  )

  function leafOfPem(pem: string): string {
    const read = parseCertificatePem(pem)
    const parsed = read.ok && parseCertificate(read.ders[0] as Uint8Array)
    return parsed && parsed.ok ? parsed.certificate.serialHex : ''
  }
})

describe('T38: a leaf', () => {
  it('never outlives the chain above it, and an authority whose time has not come issues nothing', async () => {
    const clock = createFakeClock()
    const { ca } = await startCa({ rootTtlSeconds: 90 * 86_400 }, clock)
    clock.advance(90 * 86_400_000 - 1000)
    expect((await ca.sign(csr(), caller, 3600)).notAfterMs).toBe(clock.now() + 1000)
    clock.advance(1000)
    await expect(ca.sign(csr(), caller)).rejects.toEqual(withCode('HEDDLE_CA_SIGNER_EXPIRED'))
    expect(ca.explain({ csrPem: csr(), caller })).toMatchObject({ ok: false, code: 'HEDDLE_CA_SIGNER_EXPIRED' })
  })
})

describe('T37: clocks', () => {
  it.each([
    ['an hour back', -3_600_000, false],
    ['ten years back', -10 * 365 * 86_400_000, false],
    ['an hour on', 3_600_000, true],
    ['eight hours asleep', 8 * 3_600_000, true],
    ['to the end of 2049', Date.UTC(2049, 11, 31, 23, 59, 30) - Date.UTC(2048, 0, 1), true],
    ['into 2050', Date.UTC(2050, 5, 1) - Date.UTC(2048, 0, 1), true],
  ])('that jump %s issue good certificates or none', async (_, jumpMs, isIssued) => {
    const base = createFakeClock(Date.UTC(2048, 0, 1))
    let jump = 0
    const clock = { ...base, now: () => base.now() + jump }
    const { ca } = await startCa({ store: createMemoryCaStore() }, clock)
    jump = jumpMs
    const signing = ca.sign(csr(), caller, 3600)
    if (isIssued) expect((await signing).notAfterMs).toBe(clock.now() + 3_600_000)
    else await expect(signing).rejects.toEqual(withCode('HEDDLE_CA_SIGNER_EXPIRED'))
  })
})

describe('T32: secrets', () => {
  it('are in no log line, error, audit record, metric or explanation', async () => {
    const logger = createMemoryLogger()
    const seen: unknown[] = []
    const store = createMemoryCaStore()
    const { createCa, createJoinTokens } = await import('../../src/index.js')
    const ca: Ca = await createCa({ trustDomain: 'cluster.local', store, audit: (record) => void seen.push(record) }, { logger })
    const tokens = createJoinTokens({ trustDomain: 'cluster.local' })
    const token = await tokens.create({ namespace: 'default', serviceAccount: 'hello' })
    const service = createCertificateService({ ca, authenticators: [tokens] }, { logger })
    seen.push(await service.createCertificate({ csr: csr() }, { token }), await service.createCertificate({ csr: csr() }, { token }))
    seen.push(await service.createCertificate({ csr: 'not a request' }, { token: 'heddle-join-x' }))
    await ca.issueFor({ namespace: 'default', serviceAccount: 'hello' })
    const svid = await ca.issueJwt(caller, ['x'])
    await ca.rotation?.prepare()
    seen.push(ca.bundle().roots, ca.rotation?.plan(), ca.metrics(), ca.denied.entries(), ca.explain({ csrPem: csr(), caller }))
    seen.push(await ca.sign('x', caller).catch((error: unknown) => error))
    await ca.close()
    const stateText = Buffer.from((await store.open()) as Uint8Array).toString()
    const text = JSON.stringify([seen, logger.records], (_, value: unknown) =>
      value instanceof Error ? [value.message, value.stack, String(value.cause), JSON.stringify(value)] : value,
    )
    const keys = [...stateText.matchAll(/BEGIN PRIVATE KEY-----\\n([^\\]+)/g)].map(([, body]) => body as string)
    expect(keys).toHaveLength(4)
    for (const secret of ['PRIVATE KEY', token.slice(12), svid.token.split('.')[2] as string, ...keys]) expect(text).not.toContain(secret)
  })
})

describe('T40: timers', () => {
  it('of more than 24.8 days do not fire at once: a rotation 335 days away is not begun', async () => {
    const { systemClock } = await import('@heddle/base/node')
    const { createCa } = await import('../../src/index.js')
    const ca = await createCa(
      { trustDomain: 'cluster.local', store: createMemoryCaStore(), isRotationAutomatic: true },
      { clock: systemClock },
    )
    await new Promise((resolve) => setImmediate(resolve))
    expect(ca.rotation?.plan().isRunning).toBe(false)
    await ca.close()
  })
})

describe('T41: what is not known', () => {
  it('is refused: no authenticator, other metadata, an impersonation', async () => {
    const { ca, clock } = await startCa()
    const none = createCertificateService({ ca, authenticators: [] }, { clock })
    expect(await none.createCertificate({ csr: csr() }, { token: 'x' })).toMatchObject({ ok: false, status: 'UNAUTHENTICATED' })
    const some = createCertificateService({ ca, authenticators: [byName] }, { clock })
    for (const identity of ['spiffe://cluster.local/ns/a/sa/b', 1, {}, [workloadUri]]) {
      const request = { csr: csr(), metadata: { ImpersonatedIdentity: identity } }
      expect(await some.createCertificate(request, { token: 'hello' })).toMatchObject({ ok: false, status: 'UNAUTHENTICATED' })
    }
  })
})
