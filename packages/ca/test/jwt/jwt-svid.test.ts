import { createFakeClock } from '@heddle/base/testing'
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  type JwtSvidResult,
  createMemoryCaStore,
  encodeSpiffeBundle,
  parseSpiffeBundle,
  type SpiffeBundle,
  validateJwtSvid,
} from '../../src/index.js'
import { caller, startCa, withCode, workloadUri } from '../support/fixtures.js'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const clock = createFakeClock()
const nowSeconds = Math.floor(clock.now() / 1000)

function check(token: string, audience = 'billing', key: KeyObject = publicKey): JwtSvidResult {
  return validateJwtSvid({
    token,
    audience,
    nowMs: clock.now(),
    bundleOf: (domain) => (domain === 'cluster.local' ? { keyOf: (id) => (id === 'k1' ? key : undefined) } : undefined),
  })
}

async function token(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, key = privateKey): Promise<string> {
  const payload = { sub: workloadUri, aud: ['billing'], exp: nowSeconds + 60, ...claims }
  return await new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(key)
}

/** Signed as it stands, for texts that no library writes. */
function raw(header: string, payload: string): string {
  const encode = (text: string): string => Buffer.from(text).toString('base64url')
  return `${encode(header)}.${encode(payload)}.${createHmac('sha256', 'x').update('x').digest('base64url')}`
}

describe('JWT-SVIDs of the authority', () => {
  it('name the caller to their audience, verify under the published bundle, and end in minutes', async () => {
    const { ca, clock: ours } = await startCa()
    const svid = await ca.issueJwt(caller, ['billing', 'audit'])
    expect(svid).toMatchObject({ spiffeId: workloadUri, notAfterMs: ours.now() + 300_000 })
    expect(decodeProtectedHeader(svid.token)).toEqual({ alg: 'ES256', typ: 'JWT', kid: ca.bundle().jwtKeys[0]?.id })
    const parsed = parseSpiffeBundle(encodeSpiffeBundle(ca.bundle(), 300))
    if (!parsed.ok) throw new Error(parsed.reason)
    const validate = (bundle: SpiffeBundle, audience: string, nowMs: number): JwtSvidResult =>
      validateJwtSvid({ token: svid.token, audience, nowMs, bundleOf: () => bundle })
    expect(validate(parsed.bundle, 'billing', ours.now())).toMatchObject({ ok: true, id: { uri: workloadUri } })
    expect(validate(parsed.bundle, 'other', ours.now())).toMatchObject({ ok: false, reason: 'audience-mismatch' })
    expect(validate(parsed.bundle, 'billing', ours.now() + 311_000)).toMatchObject({ ok: false, reason: 'expired' })
  })

  it('verify over a rotation, and no longer when the root they belong to is gone', async () => {
    const store = createMemoryCaStore()
    const { ca, clock: ours } = await startCa({ store })
    const before = await ca.issueJwt(caller, ['x'])
    const valid = (text: string): boolean => {
      const parsed = parseSpiffeBundle(encodeSpiffeBundle(ca.bundle(), 300))
      return parsed.ok && validateJwtSvid({ token: text, audience: 'x', nowMs: ours.now(), bundleOf: () => parsed.bundle }).ok
    }
    const old = ca.bundle().roots[0]?.fingerprint ?? ''
    await ca.rotation?.prepare()
    await ca.rotation?.activate()
    const after = await ca.issueJwt(caller, ['x'])
    expect([valid(before.token), valid(after.token)]).toEqual([true, true])
    await ca.rotation?.revoke(old, true)
    expect([valid(before.token), valid(after.token)]).toEqual([false, true])
  })

  it('are refused for bad audiences', async () => {
    const { ca } = await startCa()
    for (const audiences of [[], [''], Array.from({ length: 17 }, () => 'a'), ['x'.repeat(1025)]])
      await expect(ca.issueJwt(caller, audiences)).rejects.toEqual(withCode('HEDDLE_CA_JWT_INVALID'))
  })
})

describe('T16: a token', () => {
  it('is taken when everything is right', async () => {
    expect(check(await token())).toMatchObject({ ok: true })
    expect(check(await token({ aud: 'billing' }))).toMatchObject({ ok: true })
    expect(check(await token({}, { typ: 'JOSE' }))).toMatchObject({ ok: true })
  })

  it.each<[string, string, () => Promise<string> | string]>([
    ['expired', 'expired', () => token({ exp: nowSeconds - 11 })],
    ['not valid yet', 'not-yet-valid', () => token({ nbf: nowSeconds + 60 })],
    ['issued in the future', 'not-yet-valid', () => token({ iat: nowSeconds + 60 })],
    ['without expiry', 'claims-refused', () => token({ exp: undefined })],
    ['with a fraction as expiry', 'claims-refused', () => token({ exp: nowSeconds + 0.5 })],
    ['without audience', 'claims-refused', () => token({ aud: undefined })],
    ['with an empty audience list', 'claims-refused', () => token({ aud: [] })],
    ['for somebody else', 'audience-mismatch', () => token({ aud: ['other'] })],
    ['without subject', 'subject-invalid', () => token({ sub: undefined })],
    ['for a trust domain', 'subject-invalid', () => token({ sub: 'spiffe://cluster.local' })],
    ['for a subject that is no id', 'subject-invalid', () => token({ sub: 'system:serviceaccount:a:b' })],
    ['of a foreign trust domain', 'trust-domain-unknown', () => token({ sub: 'spiffe://other/a' })],
    ['with an unknown key id', 'key-unknown', () => token({}, { kid: '../../k1' })],
    ['without key id', 'header-refused', () => token({}, { kid: undefined })],
    ['of another type', 'header-refused', () => token({}, { typ: 'at+jwt' })],
    ['with jku', 'header-refused', () => token({}, { jku: 'https://evil.test' })],
    ['with x5u', 'header-refused', () => token({}, { x5u: 'https://evil.test' })],
    ['by another key', 'signature-invalid', () => token({}, {}, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)],
    ['by none', 'token-malformed', () => `${raw('{"alg":"none","kid":"k1"}', '{}').split('.').slice(0, 2).join('.')}.`],
    ['that says alg none', 'header-refused', () => raw('{"alg":"none","kid":"k1"}', '{}')],
    ['by HS256 with the public key', 'header-refused', () => raw('{"alg":"HS256","kid":"k1"}', '{}')],
    ['with crit', 'header-refused', () => raw('{"alg":"ES256","kid":"k1","crit":["b64"],"b64":false}', '{}')],
    ['with a key twice', 'token-malformed', () => raw('{"alg":"ES256","kid":"k1"}', `{"sub":"a","sub":"${workloadUri}"}`)],
    ['with a key twice, once escaped', 'token-malformed', () => raw('{"alg":"ES256","\\u0061lg":"none","kid":"k1"}', '{}')],
    ['with expiry 1e400', 'signature-invalid', () => raw('{"alg":"ES256","kid":"k1"}', `{"sub":"${workloadUri}","exp":1e400}`)],
    ['encrypted', 'token-malformed', () => 'a.b.c.d.e'],
    ['that is empty', 'token-malformed', () => ''],
    ['that is huge', 'token-malformed', () => 'a'.repeat(16 * 1024 + 1)],
    ['that is no JSON', 'token-malformed', () => raw('x', '{}')],
    ['whose payload is a list', 'token-malformed', () => raw('{"alg":"ES256","kid":"k1"}', '[]')],
  ])('%s is refused: %s', async (_, reason, make) => {
    expect(check(await make())).toMatchObject({ ok: false, reason })
  })

  it('by a key of another kind than its algorithm is refused', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    expect(check(await token(), 'billing', rsa)).toMatchObject({ ok: false, reason: 'signature-invalid' })
  })

  it('spelled differently is another token, and refused', async () => {
    const [header, payload, signature = ''] = (await token()).split('.')
    const last = signature.at(-1) as string
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const twin = signature.slice(0, -1) + (alphabet[alphabet.indexOf(last) ^ 1] as string)
    expect(check([header, payload, twin].join('.')).ok).toBe(false)
  })
})
