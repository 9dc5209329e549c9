import { createFakeClock, createMemoryLogger } from '@heddle/base/testing'
import { parseCertificatePem, verifySvidPath } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import {
  type AuthenticationResult,
  type Authenticator,
  type CertificateService,
  type CertificateServiceOptions,
  type CertificateStatus,
  type CreateCertificateRequest,
  type Credentials,
  createCertificateAuthenticator,
  createCertificateService,
} from '../../src/index.js'
import { caller, csr, startCa, workloadUri } from '../support/fixtures.js'

type Change = Partial<CreateCertificateRequest> & { readonly credentials?: Credentials }

/** Vouches for every token with the account of that name. */
const byName: Authenticator = {
  name: 'test',
  authenticate: ({ token }) =>
    Promise.resolve(token === undefined ? { kind: 'absent' } : { kind: 'authenticated', caller: { ...caller, serviceAccount: token } }),
}

function answering(result: AuthenticationResult): Authenticator {
  return { name: 'test', authenticate: () => Promise.resolve(result) }
}

async function start(options: Partial<CertificateServiceOptions> = {}): Promise<{
  service: CertificateService
  ca: Awaited<ReturnType<typeof startCa>>['ca']
  clock: ReturnType<typeof createFakeClock>
  logger: ReturnType<typeof createMemoryLogger>
}> {
  const { ca, clock } = await startCa()
  const logger = createMemoryLogger()
  return { ca, clock, logger, service: createCertificateService({ ca, authenticators: [byName], ...options }, { clock, logger }) }
}

describe('createCertificate', () => {
  it('answers with the leaf first and every root in one last element', async () => {
    const { service, ca, clock } = await start()
    await ca.rotation?.prepare()
    const result = await service.createCertificate(
      { csr: csr(), validityDurationSeconds: 3600n, metadata: { CertSigner: '' } },
      { token: 'hello' },
    )
    if (!result.ok) throw new Error(result.message)
    expect(result.certChain).toHaveLength(2)
    expect(result.certChain.every((pem) => pem.endsWith('-----\n'))).toBe(true)
    expect(result.certChain[1]).toBe(ca.bundle().rootsPem)
    expect(result.certChain[1]?.match(/BEGIN/g)).toHaveLength(2)
    expect(result.notAfterMs).toBe(clock.now() + 3_600_000)
    expect(result.caller.serviceAccount).toBe('hello')
  })

  it('serves others while a hundred tokens wait for an API server that does not answer', async () => {
    const silent: Authenticator = {
      name: 'silent',
      authenticate: ({ token }) => (token?.startsWith('garbage') ? new Promise(() => {}) : Promise.resolve({ kind: 'absent' })),
    }
    const { service } = await start({ authenticators: [silent, byName] })
    for (let index = 0; index < 100; index++) void service.createCertificate({ csr: csr() }, { token: `garbage-${index}` })
    expect(await service.createCertificate({ csr: csr() }, { token: 'hello' })).toMatchObject({ ok: true })
  })

  it('renews with the certificate it gave, over a token for somebody else', async () => {
    const { ca, clock } = await startCa()
    const byCertificate = createCertificateAuthenticator({ bundle: () => ca.bundle().trustBundle }, { clock })
    const service = createCertificateService({ ca, authenticators: [byCertificate, byName] }, { clock })
    const first = await service.createCertificate({ csr: csr() }, { token: 'hello' })
    const ders = parseCertificatePem(first.ok ? (first.certChain[0] as string) : '')
    if (!ders.ok) throw new Error(ders.reason)
    const second = await service.createCertificate({ csr: csr() }, { peerChain: ders.ders, token: 'other' })
    expect(second.ok && second.caller).toMatchObject({ serviceAccount: 'hello', method: 'client-certificate' })
    const renewed = parseCertificatePem(second.ok ? (second.certChain[0] as string) : '')
    expect(
      renewed.ok && verifySvidPath({ chain: renewed.ders, bundle: ca.bundle().trustBundle, nowMs: clock.now(), expected: [workloadUri] }),
    ).toMatchObject({ ok: true })
  })

  it('renews for no longer than the certificate shown, however often', async () => {
    const { ca, clock } = await startCa()
    const byCertificate = createCertificateAuthenticator({ bundle: () => ca.bundle().trustBundle }, { clock })
    const service = createCertificateService({ ca, authenticators: [byCertificate, byName] }, { clock })
    const lifetimes: number[] = []
    let credentials: Credentials = { token: 'hello' }
    for (const validityDurationSeconds of [600, 90 * 86_400, 90 * 86_400, 60]) {
      const issued = await service.createCertificate({ csr: csr(), validityDurationSeconds }, credentials)
      if (!issued.ok) throw new Error(issued.message)
      lifetimes.push((issued.notAfterMs - clock.now()) / 1000)
      const pem = parseCertificatePem(issued.certChain[0] as string)
      if (!pem.ok) throw new Error(pem.reason)
      credentials = { peerChain: pem.ders }
      clock.advance(300_000)
    }
    expect(lifetimes).toEqual([600, 600, 600, 60])
  })

  it.each<[string, Partial<CertificateServiceOptions>, Change, CertificateStatus]>([
    ['nobody', { authenticators: [] }, {}, 'UNAUTHENTICATED'],
    ['a caller without credentials', {}, { credentials: {} }, 'UNAUTHENTICATED'],
    ['a refused caller', { authenticators: [answering({ kind: 'refused', reason: 'secret detail' })] }, {}, 'UNAUTHENTICATED'],
    [
      'a caller that cannot be checked now',
      { authenticators: [answering({ kind: 'unavailable', reason: 'secret detail' })] },
      {},
      'UNAVAILABLE',
    ],
    ['a caller with a bad name', {}, { credentials: { token: 'a,b' } }, 'UNAUTHENTICATED'],
    ['a workload that is gone', { authorize: () => Promise.resolve({ ok: false, reason: 'secret detail' }) }, {}, 'PERMISSION_DENIED'],
    ['a request that is not one', {}, { csr: 'secret detail' }, 'INVALID_ARGUMENT'],
    ['a wish for another identity', {}, { metadata: { ImpersonatedIdentity: 'spiffe://cluster.local/ns/x/sa/y' } }, 'UNAUTHENTICATED'],
    ['a workload that cannot be looked up now', { authorize: () => Promise.reject(new Error('secret detail')) }, {}, 'UNAVAILABLE'],
    [
      'a fault of ours',
      { authenticators: [{ name: 'test', authenticate: () => Promise.reject(new Error('secret detail')) }] },
      {},
      'INTERNAL',
    ],
  ])('answers %s with a status and no detail', async (_, options, change, status) => {
    const { service, logger } = await start(options)
    const { credentials = { token: 'hello' }, ...request } = change
    const result = await service.createCertificate({ csr: csr(), ...request }, credentials)
    expect(result).toMatchObject({ ok: false, status })
    expect(JSON.stringify(result)).not.toContain('secret detail')
    expect(logger.records.some((record) => record.level === 'warn' || record.level === 'error')).toBe(true)
  })

  it('limits one caller without limiting the others, and forgives with time', async () => {
    const { service, clock } = await start({ perCallerLimit: { burst: 3, perSecond: 1 } })
    const request = { csr: csr() }
    const statuses = await Promise.all(Array.from({ length: 5 }, () => service.createCertificate(request, { token: 'noisy' })))
    expect(statuses.map((result) => (result.ok ? 'OK' : result.status))).toEqual([
      'OK',
      'OK',
      'OK',
      'RESOURCE_EXHAUSTED',
      'RESOURCE_EXHAUSTED',
    ])
    expect((await service.createCertificate(request, { token: 'quiet' })).ok).toBe(true)
    clock.advance(1000)
    expect((await service.createCertificate(request, { token: 'noisy' })).ok).toBe(true)
    expect((await service.createCertificate(request, { token: 'noisy' })).ok).toBe(false)
  })

  it('limits Pods one by one, though they share an account', async () => {
    const ofPod: Authenticator = {
      name: 'test',
      authenticate: ({ token = '' }) => Promise.resolve({ kind: 'authenticated', caller: { ...caller, pod: { name: token, uid: token } } }),
    }
    const { service } = await start({ authenticators: [ofPod], perCallerLimit: { burst: 1, perSecond: 1 } })
    const request = { csr: csr() }
    const results = await Promise.all(['a', 'b', 'a'].map((token) => service.createCertificate(request, { token })))
    expect(results.map((result) => result.ok)).toEqual([true, true, false])
  })

  it('limits all callers together', async () => {
    const { service } = await start({ overallLimit: { burst: 2, perSecond: 1 } })
    const results = await Promise.all(['a', 'b', 'c'].map((token) => service.createCertificate({ csr: csr() }, { token })))
    expect(results.map((result) => result.ok)).toEqual([true, true, false])
  })

  it('says that it is away when the authority is closed', async () => {
    const { service, ca } = await start()
    await ca.close()
    expect(await service.createCertificate({ csr: csr() }, { token: 'hello' })).toMatchObject({ ok: false, status: 'UNAVAILABLE' })
  })
})

describe('explain', () => {
  it('says what each authenticator thinks and what would be issued, and uses nothing up', async () => {
    const { ca, clock } = await startCa()
    const { createJoinTokens } = await import('../../src/index.js')
    const tokens = createJoinTokens({ trustDomain: 'cluster.local' }, { clock })
    const token = await tokens.create({ namespace: 'default', serviceAccount: 'hello' })
    const refusing = answering({ kind: 'refused', reason: 'the token is not valid' })
    const service = createCertificateService({ ca, authenticators: [tokens, refusing, byName] }, { clock })
    const explained = await service.explain({ csr: csr(), validityDurationSeconds: 2 ** 40 }, { token: 'hello' })
    expect(explained).toMatchObject({
      authenticators: [{ result: { kind: 'refused' } }, { result: { kind: 'authenticated' } }],
      outcome: { ok: true, spiffeId: workloadUri, notes: [expect.stringContaining('the lifetime is') as string] },
      refusal: undefined,
    })
    expect((await service.explain({ csr: 'x' }, { token: 'hello' })).outcome).toMatchObject({ ok: false, code: 'HEDDLE_CA_CSR_INVALID' })
    const nobody = createCertificateService({ ca, authenticators: [refusing] }, { clock })
    expect(await nobody.explain({ csr: csr() }, {})).toMatchObject({
      outcome: undefined,
      refusal: expect.stringContaining('no authenticator') as string,
    })
    await service.explain({ csr: csr() }, { token })
    expect(await tokens.authenticate({ token })).toMatchObject({ kind: 'authenticated' })
    expect(ca.metrics().issued).toBe(0)
  })
})
