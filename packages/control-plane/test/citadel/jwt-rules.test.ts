/** OpenID issuers that istiod believes, over real HTTPS. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { silentLogger } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import { createTestCa } from '@heddle/ca/testing'
import { signTestJwt } from './test-jwt.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { watchCaSettings } from '../../src/citadel/ca-settings-watch.js'
import { createJwtRuleAuthenticator, type JwtRule, readJwtRules } from '../../src/citadel/jwt-rules.js'
import { createFakeResourceClient } from '../../src/testing.js'

const web = createTestCa({ trustDomain: 'web' })
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' }] })
let server: Server
let issuer: string
/** What the issuer's server answers by path. */
const pages = new Map<string, { readonly status?: number; readonly location?: string; readonly body: string }>()

beforeAll(async () => {
  const { chainPem, keyPem } = web.issue('spiffe://web/issuer', { dnsNames: ['localhost'] })
  server = createServer({ cert: chainPem, key: keyPem }, ({ url = '' }, response) => {
    const page = pages.get(url)
    response.writeHead(page ? (page.status ?? 200) : 404, page?.location === undefined ? {} : { location: page.location })
    response.end(page?.body)
  })
  await once(server.listen(0, 'localhost'), 'listening')
  issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  pages.set('/.well-known/openid-configuration', { body: JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }) })
  pages.set('/keys', { body: jwks })
})
afterAll(() => server.close())

const sub = 'system:serviceaccount:ci:deployer'
const tokenWith = (claims: object = {}, key: KeyObject = privateKey): string => {
  const nowSeconds = Math.floor(Date.now() / 1000)
  return signTestJwt({ iss: issuer, aud: 'istio-ca', sub, exp: nowSeconds + 60, ...claims }, key)
}
const judge = async (rule: Partial<JwtRule>, claims: object = {}) => {
  const authenticator = createJwtRuleAuthenticator('cluster.local', { clock: systemClock })
  authenticator.replace([{ issuer, caCertificates: web.rootPem, ...rule }])
  return authenticator.authenticate({ token: tokenWith(claims) })
}

describe('a token of an OpenID issuer', () => {
  it.each([
    ['by discovery', () => ({})],
    ['by the address of its keys', () => ({ jwksUri: `${issuer}/keys` })],
    ['by the keys themselves', () => ({ jwks })],
  ])('names the account of its subject, its keys known %s', async (_, rule) => {
    expect(await judge(rule())).toEqual({
      kind: 'authenticated',
      caller: { trustDomain: 'cluster.local', namespace: 'ci', serviceAccount: 'deployer', method: 'jwt' },
    })
  })

  it('may have a SPIFFE id of the mesh as its subject', async () => {
    expect(await judge({ jwks }, { sub: 'spiffe://cluster.local/ns/ci/sa/deployer' })).toMatchObject({ kind: 'authenticated' })
    expect(await judge({ jwks }, { sub: 'spiffe://other/ns/ci/sa/deployer' })).toMatchObject({ kind: 'refused' })
  })

  it.each([
    ['of another subject', { sub: 'alice' }, undefined],
    ['without a subject', { sub: undefined }, undefined],
    ['for another audience', { aud: 'vault' }, 'wrong-audience'],
    ['that has expired', { exp: 1000 }, 'expired'],
  ])('is refused %s', async (_, claims, fault) => {
    const result = await judge({ jwks }, claims)
    expect(result).toMatchObject({ kind: 'refused', ...(fault && { fault }) })
  })

  it('of no configured issuer is somebody else’s matter', async () => {
    expect(await judge({ jwks }, { iss: 'https://elsewhere' })).toEqual({ kind: 'absent' })
    const authenticator = createJwtRuleAuthenticator('cluster.local', { clock: systemClock })
    for (const token of ['x', 'a.b.c', `a.${'b'.repeat(20_000)}.c`])
      expect(await authenticator.authenticate({ token })).toEqual({ kind: 'absent' })
    expect(await authenticator.authenticate({})).toEqual({ kind: 'absent' })
  })

  it.each([
    ['answers 404', () => ({ jwksUri: `${issuer}/none` })],
    ['redirects', () => ({ jwksUri: `${issuer}/moved` })],
    ['sends too much', () => ({ jwksUri: `${issuer}/long` })],
    ['sends no keys', () => ({ jwksUri: `${issuer}/junk` })],
    ['cannot be believed', () => ({ caCertificates: createTestCa().rootPem })],
  ])('waits while the issuer %s: nobody is let in, and nobody turned away for good', async (_, rule) => {
    pages.set('/moved', { status: 302, location: `${issuer}/keys`, body: '' })
    pages.set('/long', { body: `{"keys":[],"a":"${'x'.repeat(1024 * 1024)}"}` })
    pages.set('/junk', { body: '<html>' })
    expect(await judge(rule())).toMatchObject({ kind: 'unavailable' })
  })
})

describe('the rules', () => {
  it.each([
    ['no JSON', '{'],
    ['no object', '[1]'],
    ['no issuer', '{}'],
    ['audiences that are none', '{"issuer":"https://a","audiences":[]}'],
    ['keys in plain text', '{"issuer":"https://a","jwksUri":"http://a/keys"}'],
    ['an issuer in plain text', '{"issuer":"http://a"}'],
    ['keys that are none', '{"issuer":"a","jwks":"{}"}'],
    ['a field of the wrong kind', '{"issuer":"https://a","jwksUri":1}'],
    ['too many', JSON.stringify(Array.from({ length: 33 }, () => ({ issuer: 'https://a' })))],
  ])('are refused with %s', (_, text) => {
    expect(() => readJwtRules(text)).toThrow(expect.objectContaining({ code: 'HEDDLE_CONTROL_PLANE_JWT_RULE' }) as Error)
  })

  it('are one or several, or none', () => {
    expect(readJwtRules('{"issuer":"https://a"}')).toHaveLength(1)
    expect(readJwtRules('[{"issuer":"https://a"},{"issuer":"https://b"}]')).toHaveLength(2)
    expect(readJwtRules(undefined)).toEqual([])
  })

  it('are followed in the ConfigMap; what cannot be read leaves the last ones in force', async () => {
    const metadata = { name: 'heddle-ca', namespace: 'istio-system' }
    const apply = (text: string) => client.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'jwt-rules': text } })
    const client = createFakeResourceClient()
    const seen: number[] = []
    const onText = { 'jwt-rules': (text: string | undefined) => void seen.push(readJwtRules(text).length) }
    const watch = watchCaSettings({ client, namespace: 'istio-system', onText, logger: silentLogger })
    await Promise.resolve()
    apply('[{"issuer":"https://a"}]')
    apply('{')
    apply('[{"issuer":"https://a"}]')
    apply('[]')
    client.remove({ apiVersion: 'v1', kind: 'ConfigMap', metadata })
    expect(seen).toEqual([1, 1, 0, 0])
    await watch.close()
  })
})
