/** Threats of identities and tokens (T10 to T15, T17 to T19, T21, T22). */
import { createFakeClock } from '@heddle/base/testing'
import { parseCertificatePem } from '@heddle/x509'
import { describe, expect, it } from 'vitest'
import {
  type AuthenticationResult,
  createCertificateAuthenticator,
  createJoinTokens,
  createMemoryJoinTokenStore,
  createTokenReviewAuthenticator,
  type TokenReviewStatus,
} from '../../src/index.js'
import { createTestCa, type TestIssueOptions } from '../../src/testing.js'
import { caller, csr, startCa, withCode, workloadUri } from '../support/fixtures.js'

describe('T10: names of namespaces and accounts', () => {
  const bad = [
    ',',
    '\n',
    '\0',
    '"',
    '%',
    '%2f',
    'ä',
    ' ',
    '/',
    '..',
    '.',
    '',
    'a,b',
    'a\nb',
    '\u017f',
    '\u212a',
    'a/sa/b',
    'x'.repeat(2100),
  ]
  it.each(bad)('with %j are refused in both places', async (name) => {
    const { ca } = await startCa()
    for (const part of [{ namespace: name }, { serviceAccount: name }])
      await expect(ca.sign(csr(), { ...caller, ...part })).rejects.toEqual(withCode('HEDDLE_CA_CALLER_INVALID'))
  })

  it('are held to the characters of SPIFFE ids: all 256 byte values', async () => {
    const { ca } = await startCa()
    const request = csr()
    const isAllowed = (character: string): boolean => /[A-Za-z0-9._-]/.test(character)
    for (let byte = 0; byte < 256; byte++) {
      const character = String.fromCharCode(byte)
      const signing = ca.sign(request, { ...caller, namespace: `a${character}b` }).then(
        () => true,
        () => false,
      )
      expect([byte, await signing]).toEqual([byte, isAllowed(character)])
    }
  })
})

describe('the token review', () => {
  const good: TokenReviewStatus = {
    authenticated: true,
    audiences: ['istio-ca'],
    user: {
      username: 'system:serviceaccount:default:hello',
      extra: { 'authentication.kubernetes.io/pod-name': ['hello-1'], 'authentication.kubernetes.io/pod-uid': ['u1'] },
    },
  }
  const judge = (status: TokenReviewStatus | Error, token = 'x'): Promise<AuthenticationResult> =>
    createTokenReviewAuthenticator({
      audiences: ['istio-ca'],
      trustDomain: 'cluster.local',
      review: () => (status instanceof Error ? Promise.reject(status) : Promise.resolve(status)),
    }).authenticate({ token })

  it('vouches for the account and its Pod', async () => {
    expect(await judge(good)).toEqual({ kind: 'authenticated', caller: { ...caller, pod: { name: 'hello-1', uid: 'u1' } } })
    expect(await judge({ ...good, user: { username: 'system:serviceaccount:default:hello' } })).toEqual({ kind: 'authenticated', caller })
  })

  it.each([
    'system:serviceaccountx:a:b',
    'xsystem:serviceaccount:a:b',
    'system:serviceaccount:a',
    'system:serviceaccount:a:b:c',
    'system:serviceaccount::b',
    'system:serviceaccount:a:',
    'system:serviceaccount:a:b\n',
    'system:serviceaccount:a,b:c',
    'system:node:a',
    '',
  ])('T11: refuses the subject %j', async (username) => {
    expect(await judge({ ...good, user: { username } })).toMatchObject({ kind: 'refused' })
  })

  it('T18: refuses what the API server does not vouch for, or vouches for to others', async () => {
    expect(await judge({ ...good, authenticated: false })).toMatchObject({ kind: 'refused' })
    expect(await judge({ error: 'token has expired' })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('expired') as string,
    })
    expect(await judge({ ...good, audiences: ['https://kubernetes.default.svc'] })).toMatchObject({ kind: 'refused' })
    const { audiences: _none, ...without } = good
    expect(await judge(without)).toMatchObject({ kind: 'refused' })
    expect(await judge(good, 'x'.repeat(16 * 1024 + 1))).toMatchObject({ kind: 'refused' })
  })

  it('T18: never allows while the API server is away or silent', async () => {
    expect(await judge(new Error('connection refused'))).toMatchObject({ kind: 'unavailable' })
    const clock = createFakeClock()
    const silent = createTokenReviewAuthenticator(
      { audiences: ['istio-ca'], trustDomain: 'cluster.local', review: () => new Promise(() => {}) },
      { clock },
    )
    const result = silent.authenticate({ token: 'x' })
    clock.advance(5000)
    expect(await result).toMatchObject({ kind: 'unavailable' })
  })
})

describe('T17: a join token', () => {
  const wanted = { namespace: 'default', serviceAccount: 'hello' }

  it('lets one of a hundred racers in, also over two replicas', async () => {
    const store = createMemoryJoinTokenStore()
    const [one, two] = [
      createJoinTokens({ trustDomain: 'cluster.local', store }),
      createJoinTokens({ trustDomain: 'cluster.local', store }),
    ]
    const token = await one.create(wanted)
    const results = await Promise.all(Array.from({ length: 100 }, (_, racer) => (racer % 2 === 0 ? one : two).authenticate({ token })))
    expect(results.filter((result) => result.kind === 'authenticated')).toEqual([
      { kind: 'authenticated', caller: { ...caller, method: 'join-token' } },
    ])
    expect(results.filter((result) => result.kind === 'refused')).toHaveLength(99)
  })

  it('is refused when it has expired, is a prefix, or is of another form; other tokens are not its matter', async () => {
    const clock = createFakeClock()
    const tokens = createJoinTokens({ trustDomain: 'cluster.local' }, { clock })
    const token = await tokens.create({ ...wanted, ttlSeconds: 60 })
    expect(await tokens.authenticate({ token: token.slice(0, -1) })).toMatchObject({ kind: 'refused' })
    expect(await tokens.authenticate({ token: `${token}x` })).toMatchObject({ kind: 'refused' })
    expect(await tokens.authenticate({ token: 'eyJhbGciOi' })).toEqual({ kind: 'absent' })
    expect(await tokens.authenticate({})).toEqual({ kind: 'absent' })
    clock.advance(60_000)
    expect(await tokens.authenticate({ token })).toMatchObject({ kind: 'refused', reason: expect.stringContaining('expired') as string })
  })

  it('is not made for a bad name or a life that is too long', async () => {
    const tokens = createJoinTokens({ trustDomain: 'cluster.local' })
    await expect(tokens.create({ ...wanted, namespace: 'a,b' })).rejects.toEqual(withCode('HEDDLE_CA_CALLER_INVALID'))
    for (const ttlSeconds of [0, -1, 86_401, Number.NaN])
      await expect(tokens.create({ ...wanted, ttlSeconds })).rejects.toEqual(withCode('HEDDLE_CA_JOIN_TOKEN_REFUSED'))
  })
})

describe('certificates that prove a caller', () => {
  const judge = async (spiffeId: string, options: TestIssueOptions = {}): Promise<AuthenticationResult> => {
    const own = createTestCa()
    const authenticator = createCertificateAuthenticator({ bundle: () => own.bundle })
    return await authenticator.authenticate({ peerChain: own.issue(spiffeId, options).chain })
  }

  it('T12: name one workload, not none and not two', async () => {
    expect(await judge(workloadUri)).toMatchObject({ kind: 'authenticated' })
    expect(await judge(workloadUri, { fields: { altNames: { uris: [workloadUri, `${workloadUri}2`] } } })).toMatchObject({
      kind: 'refused',
    })
    expect(await judge(workloadUri, { fields: { altNames: { dnsNames: ['a'] } } })).toMatchObject({ kind: 'refused' })
    expect(await judge('spiffe://cluster.local/something/else')).toMatchObject({ kind: 'refused' })
  })

  it('T21: are leaves that sign handshakes and nothing else, and name the workload in a URI', async () => {
    expect(await judge(workloadUri, { fields: { altNames: { dnsNames: [workloadUri] } } })).toMatchObject({ kind: 'refused' })
    expect(await judge(workloadUri, { fields: { subject: { commonName: workloadUri }, altNames: {} } })).toMatchObject({ kind: 'refused' })
    expect(await judge(workloadUri, { fields: { basicConstraints: { isCa: true } } })).toMatchObject({ kind: 'refused' })
    expect(await judge(workloadUri, { fields: { keyUsages: ['digitalSignature', 'keyCertSign'] } })).toMatchObject({ kind: 'refused' })
  })

  it('T13, T22: are of a trust domain whose own roots vouch for them', async () => {
    const [own, other] = [createTestCa(), createTestCa({ trustDomain: 'other' })]
    const authenticator = createCertificateAuthenticator({ bundle: () => own.bundle })
    const foreign = other.issue('spiffe://other/ns/a/sa/b')
    expect(await authenticator.authenticate({ peerChain: foreign.chain })).toMatchObject({ kind: 'refused' })
    const pretending = other.issue(workloadUri)
    expect(await authenticator.authenticate({ peerChain: pretending.chain })).toMatchObject({ kind: 'refused' })
    const claiming = own.issue('spiffe://other/ns/a/sa/b')
    expect(await authenticator.authenticate({ peerChain: claiming.chain })).toMatchObject({ kind: 'refused' })
  })

  it('T13: of an alias of the trust domain renew under its present name, and only when it is configured', async () => {
    const { ca, clock } = await startCa({ trustDomainAliases: ['old.example'] })
    const authenticator = createCertificateAuthenticator({ bundle: () => ca.bundle().trustBundle }, { clock })
    const signed = await ca.sign(csr(), { ...caller, trustDomain: 'old.example' })
    expect(signed.spiffeId).toBe(workloadUri)
    const chain = parseCertificatePem(signed.chain.join(''))
    expect(chain.ok && (await authenticator.authenticate({ peerChain: chain.ders }))).toMatchObject({ kind: 'authenticated' })
    await expect(ca.sign(csr(), { ...caller, trustDomain: 'older.example' })).rejects.toEqual(withCode('HEDDLE_CA_CALLER_INVALID'))
  })
})
