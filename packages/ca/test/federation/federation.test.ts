import { generateKeyPairSync } from 'node:crypto'
import { createFakeClock } from '@heddle/base/testing'
import { describe, expect, it } from 'vitest'
import { createFederation, encodeSpiffeBundle, type FederatedDomain } from '../../src/index.js'
import { startCa } from '../support/fixtures.js'
import { settle } from '../support/workloads.js'

const domain: FederatedDomain = { trustDomain: 'other', url: 'https://other.test/bundle', profile: { kind: 'https_web' } }

describe('federation', () => {
  it('follows the other domain’s hint, keeps its last good bundle and never goes back', async () => {
    const clock = createFakeClock()
    const { ca } = await startCa({ trustDomain: 'other' }, clock)
    let answer: () => string = () => encodeSpiffeBundle(ca.bundle(), 60)
    const first = answer()
    const changes: string[] = []
    let fetches = 0
    const federation = createFederation(
      {
        domains: [domain],
        fetchBundle: () => {
          fetches++
          return Promise.resolve().then(() => answer())
        },
        onChange: (trustDomain, { sequence }) => changes.push(`${trustDomain} ${sequence}`),
      },
      { clock },
    )
    expect(federation.bundleOf('other')).toBeUndefined()
    await federation.refresh()
    expect(federation.bundleOf('other')?.rootsPem).toBe(ca.bundle().rootsPem)
    await ca.rotation?.prepare()
    clock.advance(60_000)
    await settle()
    expect(federation.bundleOf('other')?.sequence).toBe(2)
    for (const bad of [
      (): string => 'x',
      (): string => first,
      (): never => {
        throw new Error('away')
      },
    ]) {
      answer = bad
      clock.advance(60_000)
      await settle()
      expect(federation.bundleOf('other')?.sequence).toBe(2)
    }
    expect([fetches, changes]).toEqual([5, ['other 1', 'other 2']])
    federation.close()
    clock.advance(600_000)
    await settle()
    expect(fetches).toBe(5)
  })

  it('tells of another key that comes under the same id, and not of the same bundle again', async () => {
    const { ca } = await startCa({ trustDomain: 'other' })
    const key = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) }
    let document = encodeSpiffeBundle(ca.bundle(), 60)
    let changes = 0
    const options = { domains: [domain], fetchBundle: () => Promise.resolve(document), onChange: () => changes++ }
    const federation = createFederation(options, { clock: createFakeClock() })
    await federation.refresh()
    await federation.refresh()
    expect(changes).toBe(1)
    const { keys, ...rest } = JSON.parse(document) as { keys: { use: string }[] }
    document = JSON.stringify({ ...rest, keys: keys.map((one) => (one.use === 'jwt-svid' ? { ...one, ...key } : one)) })
    await federation.refresh()
    expect(changes).toBe(2)
    federation.close()
  })

  it.each(['comes', 'fails'])('tells nobody of a look that %s after it was closed', async (outcome) => {
    const { ca } = await startCa({ trustDomain: 'other' })
    const told: string[] = []
    let end: () => void = () => {}
    const federation = createFederation({
      domains: [domain],
      fetchBundle: () =>
        new Promise((resolve, reject) => {
          end = () => (outcome === 'comes' ? resolve(encodeSpiffeBundle(ca.bundle(), 60)) : reject(new Error('away')))
        }),
      onChange: (trustDomain) => told.push(trustDomain),
      onLook: (trustDomain) => told.push(trustDomain),
    })
    const looked = federation.refresh()
    federation.close()
    end()
    await looked
    expect(told).toEqual([])
    expect(federation.bundleOf('other')).toBeUndefined()
  })

  it('hands the bundle that proves the endpoint to whoever fetches', async () => {
    const { ca } = await startCa({ trustDomain: 'other' })
    const firstBundle = encodeSpiffeBundle(ca.bundle(), 60)
    const seen: unknown[] = []
    const federation = createFederation({
      domains: [{ ...domain, profile: { kind: 'https_spiffe', endpointId: 'spiffe://other/bundle', firstBundle } }],
      fetchBundle: (_, trusted) => {
        seen.push(trusted?.rootsPem)
        return Promise.resolve(firstBundle)
      },
    })
    await federation.refresh()
    expect(seen).toEqual([ca.bundle().rootsPem])
    federation.close()
  })

  it.each<[string, Partial<FederatedDomain>]>([
    ['plain http', { url: 'http://other.test' }],
    ['credentials in the address', { url: 'https://a:b@other.test' }],
    ['no address', { url: 'other' }],
    ['a name that is none', { trustDomain: 'Other' }],
    ['a first bundle that is none', { profile: { kind: 'https_spiffe', endpointId: 'spiffe://other/x', firstBundle: '{}' } }],
    ['an endpoint id that is none', { profile: { kind: 'https_spiffe', endpointId: 'x', firstBundle: '{"keys":[]}' } }],
  ])('is refused with %s', (_, part) => {
    const create = (): unknown => createFederation({ domains: [{ ...domain, ...part }], fetchBundle: () => Promise.resolve('') })
    expect(create).toThrow(expect.objectContaining({ code: 'HEDDLE_CA_BUNDLE_INVALID' }) as Error)
  })
})
