import { createSeededRandom } from '@heddle/base'
import { createFakeClock } from '@heddle/base/testing'
import { describe, expect, it } from 'vitest'
import { firstRing, type JwtKeyRing, signingKeyOf, turnedRing, withNewKey } from '../../src/jwt/jwt-key-ring.js'
import { createMemoryCaStore, makeCacerts, parseSpiffeBundle, encodeSpiffeBundle, validateJwtSvid } from '../../src/index.js'
import { caller, startCa, withCode } from '../support/fixtures.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const random = createSeededRandom(1)
const ids = (ring: JwtKeyRing): readonly string[] => ring.map(({ id }) => id)

describe('the keys for tokens', () => {
  it('are one at first, which signs at once', () => {
    const ring = firstRing(0, random)
    expect(signingKeyOf(ring, 0)).toBe(ring[0])
    expect(turnedRing(ring, dayMs, random)).toBe(ring)
  })

  it('get a successor each month, which is published for an hour before it signs', () => {
    const first = firstRing(0, random)
    const ring = turnedRing(first, 30 * dayMs, random)
    expect(ring).toHaveLength(2)
    expect(signingKeyOf(ring, 30 * dayMs)).toBe(ring[0])
    expect(signingKeyOf(ring, 30 * dayMs + hourMs - 1)).toBe(ring[0])
    expect(signingKeyOf(ring, 30 * dayMs + hourMs)).toBe(ring[1])
  })

  it('stay published until the last token under them has ended', () => {
    const ring = turnedRing(firstRing(0, random), 30 * dayMs, random)
    expect(turnedRing(ring, 30 * dayMs + 3 * hourMs - 1, random)).toBe(ring)
    expect(ids(turnedRing(ring, 30 * dayMs + 3 * hourMs, random))).toEqual([ring[1]?.id])
  })

  it('never vanish all, whatever comes at once', () => {
    let ring = firstRing(0, random)
    for (let tries = 0; tries < 5; tries++) ring = withNewKey(ring, dayMs, random)
    expect(turnedRing(ring, 365 * dayMs, random).length).toBeGreaterThan(0)
    expect(turnedRing([], 0, random)).toHaveLength(1)
  })

  it('turn by themselves while the authority runs, and a token is good over the change', async () => {
    const { ca, clock } = await startCa()
    const changes: number[] = []
    ca.onBundleChange(({ jwtKeys }) => changes.push(jwtKeys.length))
    const { sequence } = ca.bundle()
    const parse = () => parseSpiffeBundle(encodeSpiffeBundle(ca.bundle(), 300))
    const valid = (token: string): boolean => {
      const parsed = parse()
      return parsed.ok && validateJwtSvid({ token, audience: 'a', nowMs: clock.now(), bundleOf: () => parsed.bundle }).ok
    }
    clock.advance(30 * dayMs)
    await expect.poll(() => changes).toEqual([2])
    expect(ca.bundle().sequence).toBe(sequence + 1)
    const before = await ca.issueJwt(caller, ['a'], 3600)
    clock.advance(hourMs)
    const after = await ca.issueJwt(caller, ['a'], 3600)
    expect(after.keyId).not.toBe(before.keyId)
    clock.advance(-1000)
    expect([valid(before.token), valid(after.token)]).toEqual([true, true])
    await ca.close()
  })
})

describe("an authority below somebody else's root", () => {
  const clock = createFakeClock()
  const { rootKeyPem: _, ...cacerts } = makeCacerts({ trustDomain: 'cluster.local' }, { clock })

  it('keeps denials and keys for tokens in its companion store', async () => {
    const companionStore = createMemoryCaStore()
    const { ca: first } = await startCa({ cacerts, companionStore }, clock)
    await first.denied.add({ spiffeId: 'spiffe://cluster.local/ns/a/sa/b' })
    const svid = await first.issueJwt(caller, ['a'])
    const crls = await first.crlsPem()
    await first.close()
    const { ca: second } = await startCa({ cacerts, companionStore }, clock)
    expect(second.denied.entries()).toHaveLength(1)
    expect(second.bundle().jwtKeys.map(({ id }) => id)).toEqual([svid.keyId])
    expect(await second.crlsPem()).not.toBe(crls)
    await second.close()
  })

  it('has no tokens without one, and takes it only beside cacerts', async () => {
    const { ca } = await startCa({ cacerts }, clock)
    await expect(ca.issueJwt(caller, ['a'])).rejects.toEqual(withCode('HEDDLE_CA_JWT_UNAVAILABLE'))
    await ca.close()
    const store = createMemoryCaStore()
    await expect(startCa({ store, companionStore: store }, clock)).rejects.toEqual(withCode('HEDDLE_CA_OPTIONS_INVALID'))
  })
})
