import { createSign, generateKeyPairSync } from 'node:crypto'
import { createFakeClock } from '@heddle/base/testing'
import { type JSONWebKeySet, type JWTPayload, SignJWT, UnsecuredJWT, base64url, exportJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { createJwtAuthenticator } from '../../src/index.js'

const clock = createFakeClock()
const nowSeconds = clock.now() / 1000
const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicJwk = await exportJWK(signer.publicKey)
const jwks: JSONWebKeySet = { keys: [{ ...publicJwk, kid: 'one', alg: 'ES256', use: 'sig' }] }
const issuer = 'https://kubernetes.default.svc'
const options = { issuer, audiences: ['istio-ca'], jwks, trustDomain: 'cluster.local' }

const goodClaims: JWTPayload = {
  iss: issuer,
  aud: ['istio-ca'],
  sub: 'system:serviceaccount:default:hello',
  iat: nowSeconds,
  exp: nowSeconds + 600,
  'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'hello', uid: 'u1' }, pod: { name: 'hello-1', uid: 'p1' } },
}

function token(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, key = signer.privateKey): Promise<string> {
  return new SignJWT({ ...goodClaims, ...claims } as JWTPayload).setProtectedHeader({ alg: 'ES256', kid: 'one', ...header }).sign(key)
}

async function judge(text: string): Promise<string> {
  const result = await createJwtAuthenticator(options, { clock }).authenticate({ token: text })
  return result.kind === 'refused' ? result.reason : result.kind
}

describe('the token authenticator', () => {
  it('reads the caller and its Pod from a bound service account token', async () => {
    const result = await createJwtAuthenticator(options, { clock }).authenticate({ token: await token() })
    expect(result).toEqual({
      kind: 'authenticated',
      caller: {
        trustDomain: 'cluster.local',
        namespace: 'default',
        serviceAccount: 'hello',
        method: 'jwt',
        pod: { name: 'hello-1', uid: 'p1' },
      },
    })
  })

  it('knows a caller without a Pod', async () => {
    const claims = { 'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'hello' } } }
    const result = await createJwtAuthenticator(options, { clock }).authenticate({ token: await token(claims) })
    expect(result).toMatchObject({ kind: 'authenticated' })
    expect(result.kind === 'authenticated' && result.caller).not.toHaveProperty('pod')
  })

  it('has no opinion without a token', async () => {
    const authenticator = createJwtAuthenticator(options, { clock })
    expect(await authenticator.authenticate({})).toEqual({ kind: 'absent' })
    expect(await authenticator.authenticate({ token: '', peerChain: [new Uint8Array(1)] })).toEqual({ kind: 'absent' })
  })

  it.each([
    ['expired', { exp: nowSeconds - 11 }],
    ['not yet valid', { nbf: nowSeconds + 11 }],
    ['without an end', { exp: undefined }],
    ['with an end that is a text', { exp: String(nowSeconds + 600) }],
    ['for another audience', { aud: ['vault'] }],
    ['without an audience', { aud: undefined }],
    ['for no audience', { aud: [] }],
    ['of another issuer', { iss: 'https://evil.test' }],
    ['without a subject', { sub: undefined }],
    ['with an unanchored subject', { sub: 'system:serviceaccountx:default:hello' }],
    ['with three parts', { sub: 'system:serviceaccount:default' }],
    ['with five parts', { sub: 'system:serviceaccount:default:hello:x' }],
    ['with an empty namespace', { sub: 'system:serviceaccount::hello' }],
    ['with a comma', { sub: 'system:serviceaccount:default:hello,x' }],
    ['of a user', { sub: 'admin' }],
    ['without the kubernetes.io claim', { 'kubernetes.io': undefined }],
    ['with a list as claim', { 'kubernetes.io': [] }],
    ['naming two accounts', { sub: 'system:serviceaccount:default:other' }],
    ['naming two namespaces', { 'kubernetes.io': { namespace: 'x', serviceaccount: { name: 'hello' } } }],
    ['with a Pod without uid', { 'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'hello' }, pod: { name: 'p' } } }],
  ])('refuses a token %s', async (_, claims) => {
    expect(await judge(await token(claims))).toMatch(/^the token is not valid: /)
  })

  it('allows ten seconds of clock difference', async () => {
    expect(await judge(await token({ exp: nowSeconds - 9, nbf: nowSeconds + 9 }))).toBe('authenticated')
  })

  it.each([
    ['a stranger', () => token({}, {}, stranger.privateKey)],
    ['a stranger under an unknown key id', () => token({}, { kid: '../../etc/passwd' }, stranger.privateKey)],
    ['nobody', () => Promise.resolve(new UnsecuredJWT(goodClaims).encode())],
    [
      'the public key as a shared secret',
      () => new SignJWT(goodClaims).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(Buffer.from(JSON.stringify(publicJwk))),
    ],
  ])('refuses a token signed by %s', async (_, make) => {
    expect(await judge(await make())).toMatch(/^the token is not valid: /)
  })

  it('T16: refuses a token with a critical header that it does not know', async () => {
    const [, body] = (await token()).split('.') as [string, string]
    const header = base64url.encode(JSON.stringify({ alg: 'ES256', kid: 'one', crit: ['x'], x: 1 }))
    expect(await judge(`${header}.${body}.AAAA`)).toMatch(/^the token is not valid: /)
  })

  it.each(['.', '..', 'a.b.c', 'a.b.c.d.e', '\u0000', 'Bearer x', `${'a'.repeat(16 * 1024)}.b.c`])(
    'refuses %.20j, which is no token',
    async (text) => {
      expect(await judge(text)).not.toBe('authenticated')
    },
  )
})

describe('the keys', () => {
  it('T19: are fetched once, and again when a token names a new one', async () => {
    let keys: JSONWebKeySet = { keys: [] }
    let fetches = 0
    const authenticator = createJwtAuthenticator(
      {
        ...options,
        jwks: () => {
          fetches++
          return Promise.resolve(keys)
        },
      },
      { clock },
    )
    const credentials = { token: await token() }
    expect((await authenticator.authenticate(credentials)).kind).toBe('refused')
    keys = jwks
    expect((await authenticator.authenticate(credentials)).kind).toBe('refused')
    expect(fetches).toBe(1)
    clock.advance(10_000)
    const results = await Promise.all([authenticator.authenticate(credentials), authenticator.authenticate(credentials)])
    expect(results.map((result) => result.kind)).toEqual(['authenticated', 'authenticated'])
    expect(fetches).toBe(2)
  })

  it('T19: that cannot be fetched mean "come again", never "welcome"; known ones go on serving', async () => {
    let isDown = true
    const authenticator = createJwtAuthenticator(
      { ...options, jwks: () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve(jwks)) },
      { clock },
    )
    const credentials = { token: await token({ exp: nowSeconds + 6000 }) }
    expect((await authenticator.authenticate(credentials)).kind).toBe('unavailable')
    isDown = false
    expect((await authenticator.authenticate(credentials)).kind).toBe('authenticated')
    isDown = true
    expect((await authenticator.authenticate(credentials)).kind).toBe('authenticated')
  })

  it('that the issuer has removed vouch for five minutes at most', async () => {
    const time = createFakeClock()
    let keys = jwks
    const authenticator = createJwtAuthenticator({ ...options, jwks: () => Promise.resolve(keys) }, { clock: time })
    const credentials = { token: await token({ exp: nowSeconds + 6000 }) }
    expect((await authenticator.authenticate(credentials)).kind).toBe('authenticated')
    keys = { keys: [{ ...publicJwk, kid: 'two' }] }
    time.advance(5 * 60_000)
    expect((await authenticator.authenticate(credentials)).kind).toBe('refused')
  })

  it('serve for an hour when the issuer is away, and then no longer', async () => {
    const time = createFakeClock()
    let fetches = 0
    const fetchOnce = (): Promise<JSONWebKeySet> => (fetches++ === 0 ? Promise.resolve(jwks) : Promise.reject(new Error('down')))
    const authenticator = createJwtAuthenticator({ ...options, jwks: fetchOnce }, { clock: time })
    const credentials = { token: await token({ exp: nowSeconds + 9000 }) }
    expect((await authenticator.authenticate(credentials)).kind).toBe('authenticated')
    time.advance(59 * 60_000)
    expect((await authenticator.authenticate(credentials)).kind).toBe('authenticated')
    expect((await authenticator.authenticate(credentials)).kind).toBe('authenticated')
    expect(fetches).toBe(2)
    time.advance(60_000)
    expect((await authenticator.authenticate(credentials)).kind).toBe('unavailable')
  })

  it('that are known do not wait for an issuer that never answers', async () => {
    const time = createFakeClock()
    let fetches = 0
    const authenticator = createJwtAuthenticator(
      { ...options, jwks: () => (fetches++ === 0 ? Promise.resolve(jwks) : new Promise(() => {})) },
      { clock: time },
    )
    const credentials = { token: await token({ exp: nowSeconds + 6000 }) }
    await authenticator.authenticate(credentials)
    time.advance(5 * 60_000)
    const answer = authenticator.authenticate(credentials)
    time.advance(5_000)
    expect((await answer).kind).toBe('authenticated')
  })
})

describe('tokens of another issuer', () => {
  const mapped = createJwtAuthenticator(
    {
      ...options,
      mapClaims: ({ sub }) =>
        typeof sub === 'string' && sub.startsWith('repo:shop/')
          ? { namespace: 'ci', serviceAccount: sub.slice(10) }
          : 'its subject is no repository of ours',
    },
    { clock },
  )

  it('name whom the configuration says, verified like any other', async () => {
    const text = await token({ sub: 'repo:shop/deploy', 'kubernetes.io': undefined })
    expect(await mapped.authenticate({ token: text })).toEqual({
      kind: 'authenticated',
      caller: { trustDomain: 'cluster.local', namespace: 'ci', serviceAccount: 'deploy', method: 'jwt' },
    })
    expect(await mapped.authenticate({ token: await token({ sub: 'repo:evil/deploy' }) })).toMatchObject({ kind: 'refused' })
    expect(await mapped.authenticate({ token: await token({ sub: 'repo:shop/deploy' }, {}, stranger.privateKey) })).toMatchObject({
      kind: 'refused',
    })
  })

  /** Signed as it stands, for texts that no library writes. */
  const signedText = (payload: string, header = '{"alg":"ES256","kid":"one"}'): string => {
    const encode = (text: string): string => Buffer.from(text).toString('base64url')
    const body = `${encode(header)}.${encode(payload)}`
    const signature = createSign('sha256').update(body).sign({ key: signer.privateKey, dsaEncoding: 'ieee-p1363' })
    return `${body}.${signature.toString('base64url')}`
  }

  it('T16: with a name twice are refused, however it is spelled and wherever it stands', async () => {
    const good = JSON.stringify(goodClaims)
    expect(await judge(signedText(good))).toBe('authenticated')
    const [account, twice] = ['"sub":"system:serviceaccount:default:hello"', '"sub":"system:serviceaccount:kube-system:admin",']
    for (const text of [
      signedText(good.replace(account, twice + account)),
      signedText(good.replace(account, twice.replace('sub', '\\u0073ub') + account)),
      signedText(good.replace('"name":"hello"', '"name":"admin","name":"hello"')),
      signedText(good, '{"alg":"none","alg":"ES256","kid":"one"}'),
    ])
      expect(await judge(text)).toMatch(/a name twice/)
  })

  it('T16: with an end that is no whole number of seconds are refused, 1e400 among them', async () => {
    const forge = (exp: string): string => signedText(JSON.stringify({ ...goodClaims, exp: 'EXP' }).replace('"EXP"', exp))
    expect(await judge(forge(String(nowSeconds + 60)))).toBe('authenticated')
    for (const exp of ['1e400', `${nowSeconds + 60}.5`, '9007199254740993', 'true']) expect(await judge(forge(exp))).toMatch(/not valid/)
  })
})
