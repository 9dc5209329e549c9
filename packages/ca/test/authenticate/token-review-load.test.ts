/** Token reviews that are not answered: an API server that hangs, asked through the certificate service. */
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { createFakeClock, createSeededRandom } from '@heddle/base/testing'
import { parseCertificatePem } from '@heddle/x509'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type AuthenticationResult,
  createCertificateAuthenticator,
  createCertificateService,
  createTokenReviewAuthenticator,
  type TokenReviewStatus,
} from '../../src/index.js'
import { caller, csr, startCa } from '../support/fixtures.js'

const open: { close(): unknown }[] = []
afterEach(() => {
  for (const part of open.splice(0)) part.close()
})

/** As a service account's token, whose signature nobody looks at here. */
function tokenOf(account: string, id: number): string {
  const claims = { sub: `system:serviceaccount:default:${account}`, jti: String(id), 'kubernetes.io': { pod: { uid: account } } }
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
}

const vouched = (account: string): TokenReviewStatus => ({
  authenticated: true,
  audiences: ['istio-ca'],
  user: { username: `system:serviceaccount:default:${account}` },
})

/** Reviews wait until they are answered by hand. */
function harness() {
  const clock = createFakeClock()
  const waiting = new Map<string, (status: TokenReviewStatus) => void>()
  const aborted: string[] = []
  const authenticator = createTokenReviewAuthenticator(
    {
      audiences: ['istio-ca'],
      trustDomain: 'cluster.local',
      review: ({ token }, signal) =>
        new Promise((resolve) => {
          waiting.set(token, resolve)
          signal.addEventListener('abort', () => aborted.push(token))
        }),
    },
    { clock, random: createSeededRandom(7) },
  )
  const ask = (token: string): Promise<AuthenticationResult> => authenticator.authenticate({ token })
  const kindsOf = async (asked: readonly Promise<AuthenticationResult>[]): Promise<readonly string[]> =>
    (await Promise.all(asked)).map(({ kind }) => kind)
  return { clock, waiting, aborted, ask, kindsOf }
}

describe('reviews under way', () => {
  it('of one token are one', async () => {
    const { waiting, ask, kindsOf } = harness()
    const token = tokenOf('a', 1)
    const asked = [ask(token), ask(token), ask(token)]
    waiting.get(token)?.(vouched('a'))
    expect(waiting.size).toBe(1)
    expect(await kindsOf(asked)).toEqual(['authenticated', 'authenticated', 'authenticated'])
  })

  it('end at deadlines that differ, with a hint when to come again', async () => {
    const { clock, aborted, ask } = harness()
    const asked = Array.from({ length: 50 }, (_, index) => ask(tokenOf(`a${index}`, 1)))
    clock.advance(3999)
    expect(aborted).toHaveLength(0)
    clock.advance(500)
    expect(aborted.length).toBeGreaterThan(10)
    expect(aborted.length).toBeLessThan(40)
    clock.advance(501)
    const hints = (await Promise.all(asked)).map((result) => (result.kind === 'unavailable' ? result.retryAfterMs : undefined))
    expect(aborted).toHaveLength(50)
    expect(Math.min(...hints.map(Number))).toBeGreaterThanOrEqual(1000)
    expect(Math.max(...hints.map(Number))).toBeLessThanOrEqual(3000)
    expect(new Set(hints).size).toBeGreaterThan(20)
  })

  it('of one that floods make room for others: its own oldest are given up, once they had their second', async () => {
    const { clock, waiting, aborted, ask, kindsOf } = harness()
    const flood = Array.from({ length: 200 }, (_, index) => ask(tokenOf('flood', index)))
    expect(waiting.size).toBe(64)
    const others = Array.from({ length: 64 }, (_, index) => ask(tokenOf(`other${index}`, 1)))
    expect(waiting.size).toBe(128)
    // There is no more room, and nobody has had a second.
    expect(await ask(tokenOf('early', 1))).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('too many') as string })
    clock.advance(1000)
    const late = ask(tokenOf('late', 1))
    expect(aborted).toEqual([tokenOf('flood', 0)])
    for (const index of others.keys()) waiting.get(tokenOf(`other${index}`, 1))?.(vouched(`other${index}`))
    waiting.get(tokenOf('late', 1))?.(vouched('late'))
    expect(new Set(await kindsOf([...others, late]))).toEqual(new Set(['authenticated']))
    clock.advance(4000)
    expect(new Set(await kindsOf(flood))).toEqual(new Set(['unavailable']))
  })

  it('of tokens that say nothing share the room of one', async () => {
    const { waiting, ask, kindsOf, clock } = harness()
    const others = Array.from({ length: 64 }, (_, index) => ask(tokenOf(`other${index}`, 1)))
    const garbage = Array.from({ length: 100 }, (_, index) => ask(`garbage-${index}`))
    expect(waiting.size).toBe(72)
    clock.advance(5000)
    await kindsOf([...others, ...garbage])
  })
})

it('a hanging API server, asked by 2,000 new workloads, keeps nobody with a certificate waiting', async () => {
  const server = createServer(() => {})
  open.push({ close: () => (server.closeAllConnections(), server.close()) })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const { ca } = await startCa()
  const signed = await ca.sign(csr(), caller)
  const chain = parseCertificatePem(signed.chain.join(''))
  const byCertificate = createCertificateAuthenticator({ bundle: () => ca.bundle().trustBundle }, { clock: createFakeClock() })
  const clock = createFakeClock()
  const byReview = createTokenReviewAuthenticator(
    {
      audiences: ['istio-ca'],
      trustDomain: 'cluster.local',
      review: async (_, signal) => (await (await fetch(url, { method: 'POST', signal })).json()) as TokenReviewStatus,
    },
    { clock },
  )
  const service = createCertificateService({ ca, authenticators: [byCertificate, byReview] }, { clock })
  const flood = Array.from({ length: 2000 }, (_, index) => service.createCertificate({ csr: csr() }, { token: tokenOf(`new${index}`, 1) }))
  const renewed = await service.createCertificate({ csr: csr() }, { peerChain: chain.ok ? chain.ders : [] })
  expect(renewed).toMatchObject({ ok: true })
  clock.advance(6000)
  const answers = await Promise.all(flood)
  for (const answer of answers)
    expect(answer).toMatchObject({ ok: false, status: 'UNAVAILABLE', retryAfterMs: expect.any(Number) as number })
}, 30_000)

it('whoever is asked about a caller for ever keeps no place', async () => {
  const clock = createFakeClock()
  const { ca } = await startCa({}, clock)
  const silent = { name: 'silent', authenticate: () => new Promise<AuthenticationResult>(() => {}) }
  const known = { name: 'known', authenticate: () => Promise.resolve({ kind: 'authenticated', caller } as const) }
  const services = [
    createCertificateService({ ca, authenticators: [silent] }, { clock }),
    createCertificateService({ ca, authenticators: [known], authorize: () => new Promise(() => {}) }, { clock }),
  ]
  for (const service of services) {
    const answer = service.createCertificate({ csr: csr() }, { token: 'x' })
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    clock.advance(10_000)
    expect(await answer).toMatchObject({ ok: false, status: 'UNAVAILABLE' })
  }
})
