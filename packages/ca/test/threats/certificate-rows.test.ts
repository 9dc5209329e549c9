/** Rows of the protocol's list that are the authority's (T76 to T82), asked of the service as a caller on the wire would. */
import { generateKeyPairSync } from 'node:crypto'
import { createFakeClock } from '@heddle/base/testing'
import { createCsr, encodePem, generateKey, parseCertificate, parseCertificatePem, parsePem } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import {
  type Authenticator,
  type Authorization,
  type Ca,
  type CertificateService,
  type CertificateServiceOptions,
  createCertificateAuthenticator,
  createCertificateService,
  createJoinTokens,
  type CreateCertificateRequest,
} from '../../src/index.js'
import { caller, csr, startCa, workloadUri } from '../support/fixtures.js'

/** Vouches for whoever the token names. */
const byName: Authenticator = {
  name: 'test',
  authenticate: ({ token = '' }) => Promise.resolve({ kind: 'authenticated', caller: { ...caller, serviceAccount: token } }),
}

const clock = createFakeClock()

async function serve(more: Partial<CertificateServiceOptions> = {}): Promise<{ ca: Ca; service: CertificateService }> {
  const { ca } = await startCa({}, clock)
  return { ca, service: createCertificateService({ ca, authenticators: [byName], ...more }, { clock }) }
}

function leafOf(pem: string | undefined) {
  const blocks = parseCertificatePem(pem ?? '')
  const parsed = blocks.ok && parseCertificate(blocks.ders[0] as Uint8Array)
  if (!parsed || !parsed.ok) throw new Error('not read')
  return parsed.certificate
}

it('T76: names, subject and purposes of a request are not in the certificate', async () => {
  const { service } = await serve()
  const altNames = {
    uris: ['spiffe://cluster.local/ns/kube-system/sa/admin'],
    dnsNames: ['istiod'],
    ipAddresses: [Uint8Array.of(1, 1, 1, 1)],
  }
  const asked = createCsr({ privateKey: generateKey(), subject: { commonName: 'admin', organization: 'system:masters' }, altNames })
  const answer = await service.createCertificate({ csr: asked }, { token: 'hello' })
  const { subject, extensions } = leafOf(answer.ok ? answer.certChain[0] : undefined)
  expect(subject.text).toBe('')
  expect(extensions.subjectAltNames).toMatchObject({ uris: [workloadUri], dnsNames: [], ipAddresses: [], otherCount: 0 })
  expect(extensions.basicConstraints?.isCa).toBe(false)
})

describe('T77: a request', () => {
  const der = (pem: string): Uint8Array => {
    const blocks = parsePem(pem)
    return blocks.ok ? (blocks.blocks[0]?.der as Uint8Array) : new Uint8Array(0)
  }
  const pem = (bytes: Uint8Array): string => encodePem('CERTIFICATE REQUEST', bytes)
  const good = der(csr())

  it.each<[string, string]>([
    ['with a bad signature', pem(Uint8Array.from(good, (octet, index) => (index === good.length - 1 ? octet ^ 1 : octet)))],
    ['of RSA 1024', createCsr({ privateKey: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey })],
    ['of a mebibyte', pem(new Uint8Array(786_432))],
    ['of a mebibyte of lines', 'x\n'.repeat(524_288)],
    ['that is not DER', pem(Buffer.from('hello'))],
    ['with a trailing byte', pem(Buffer.concat([good, Buffer.of(0)]))],
    ['that is empty', ''],
  ])('%s is refused, and soon', async (_, asked) => {
    const { service } = await serve()
    await service.createCertificate({ csr: 'warm' }, { token: 'hello' })
    const started = process.cpuUsage()
    expect(await service.createCertificate({ csr: asked }, { token: 'hello' })).toMatchObject({ ok: false, status: 'INVALID_ARGUMENT' })
    // 10 ms of processor are asked for; a machine that does other things gets some more.
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(40)
  })
})

it.each([0, -1, 1, 60, 100 * 365 * 86_400, 2n ** 63n - 1n, -(2n ** 63n)])(
  'T78: a lifetime of %s s ends with the maximum, and before the signer in any case',
  async (asked) => {
    const { ca, service } = await serve()
    const answer = await service.createCertificate({ csr: csr(), validityDurationSeconds: asked }, { token: 'hello' })
    const { notAfterMs, notBeforeMs } = leafOf(answer.ok ? answer.certChain[0] : undefined)
    const seconds = (notAfterMs - clock.now()) / 1000
    expect(seconds).toBe(asked <= 0 ? 86_400 : Math.min(Number(asked), 90 * 86_400))
    expect(notAfterMs).toBeLessThanOrEqual(ca.metrics().chainNotAfterMs)
    expect(notBeforeMs).toBeLessThan(clock.now())
  },
)

it('T79: of a hundred who bring one join token, one gets a certificate', async () => {
  const tokens = createJoinTokens({ trustDomain: 'cluster.local' }, { clock })
  const { service } = await serve({ authenticators: [tokens] })
  const token = await tokens.create({ namespace: 'default', serviceAccount: 'hello' })
  const answers = await Promise.all(Array.from({ length: 100 }, () => service.createCertificate({ csr: csr() }, { token })))
  expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
  for (const answer of answers) if (!answer.ok) expect(['UNAUTHENTICATED', 'RESOURCE_EXHAUSTED']).toContain(answer.status)
})

it('T79: a join token outlives requests with a fault, and signs one of those without', async () => {
  const tokens = createJoinTokens({ trustDomain: 'cluster.local' }, { clock })
  const gone = { is: true }
  const authorize = (): Promise<Authorization> => Promise.resolve(gone.is ? { ok: false, reason: 'not yet' } : { ok: true })
  const { ca, service } = await serve({ authenticators: [tokens], authorize })
  const token = await tokens.create({ namespace: 'default', serviceAccount: 'hello' })
  const certify = (request: CreateCertificateRequest): ReturnType<CertificateService['createCertificate']> =>
    service.createCertificate(request, { token })
  expect(await certify({ csr: csr() })).toMatchObject({ ok: false, status: 'PERMISSION_DENIED' })
  gone.is = false
  expect(await certify({ csr: '' })).toMatchObject({ ok: false, status: 'INVALID_ARGUMENT' })
  expect(await certify({ csr: csr().replace(/.{4}\n-----END/, 'AAAA\n-----END') })).toMatchObject({ ok: false, status: 'INVALID_ARGUMENT' })
  expect(await certify({ csr: csr(), metadata: { ImpersonatedIdentity: 'a' } })).toMatchObject({ ok: false, status: 'UNAUTHENTICATED' })
  await ca.denied.add({ spiffeId: workloadUri })
  expect(await certify({ csr: csr() })).toMatchObject({ ok: false, status: 'PERMISSION_DENIED' })
  await ca.denied.remove('spiffe-id', workloadUri)
  const mixed = await Promise.all(Array.from({ length: 40 }, (_, index) => certify({ csr: index % 2 === 0 ? csr() : 'bad' })))
  expect(mixed.filter(({ ok }) => ok)).toHaveLength(1)
  expect(ca.metrics().issued).toBe(1)
})

it('T80: what no authenticator knows is unauthenticated, with a text that tells nothing', async () => {
  const { ca, service } = await serve({ authenticators: [createJoinTokens({ trustDomain: 'cluster.local' }, { clock })] })
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"a"}').toString('base64url')}.`
  for (const token of [undefined, '', unsigned, 'heddle-join-', `heddle-join-${'a'.repeat(43)}`, 'x'.repeat(100_000)])
    expect(await service.createCertificate({ csr: csr() }, token === undefined ? {} : { token })).toEqual({
      ok: false,
      status: 'UNAUTHENTICATED',
      message: 'request authenticate failure',
    })
  expect(ca.metrics().issued).toBe(0)
})

it('T81: a workload that is gone renews nothing, though its certificate is still good', async () => {
  const gone = new Set<string>()
  const { ca } = await startCa({}, clock)
  const authenticators = [createCertificateAuthenticator({ bundle: () => ca.bundle().trustBundle }, { clock })]
  const service = createCertificateService(
    {
      ca,
      authenticators,
      authorize: ({ serviceAccount }) =>
        Promise.resolve(gone.has(serviceAccount) ? { ok: false, reason: `no Pod of ${serviceAccount} is there` } : { ok: true }),
    },
    { clock },
  )
  const { chain } = await ca.issueFor({ namespace: 'default', serviceAccount: 'hello' })
  const blocks = parseCertificatePem(chain.join(''))
  const peerChain = blocks.ok ? blocks.ders : []
  expect((await service.createCertificate({ csr: csr() }, { peerChain })).ok).toBe(true)
  gone.add('hello')
  expect(await service.createCertificate({ csr: csr() }, { peerChain })).toMatchObject({ ok: false, status: 'PERMISSION_DENIED' })
})

it('T82: who floods is refused alone, with a hint when to come again; others are served', async () => {
  const { service } = await serve()
  const request = csr()
  let granted = 0
  for (let round = 0; round < 100; round++) {
    const flood = Array.from({ length: 10 }, () => service.createCertificate({ csr: request }, { token: 'greedy' }))
    const other = service.createCertificate({ csr: request }, { token: `quiet-${round}` })
    for (const answer of await Promise.all(flood)) {
      if (answer.ok) granted++
      else expect(answer).toMatchObject({ status: 'RESOURCE_EXHAUSTED', retryAfterMs: expect.any(Number) as number })
    }
    expect((await other).ok).toBe(true)
    clock.advance(10)
  }
  // Fifty at once, and ten for the second that went by.
  expect(granted).toBeGreaterThanOrEqual(50)
  expect(granted).toBeLessThanOrEqual(61)
})
