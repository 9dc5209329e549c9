import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode } from '../src/decode.js'
import { encode } from '../src/encode.js'
import { proxyConfig } from './arbitrary.js'

const seed = 20_260_822

describe(`encode and decode (seed ${seed})`, () => {
  it('give any configuration back, with nothing unsupported', () => {
    fc.assert(
      fc.property(proxyConfig, (config) => {
        expect(decode(encode(config, 'istio'))).toEqual({ config, errors: [], unsupported: [] })
      }),
      { seed, numRuns: 150 },
    )
  })

  it('make the same bytes and versions of equal content, and share those of the same object', () => {
    fc.assert(
      fc.property(proxyConfig, (config) => {
        const first = encode(config)
        const equal = encode(structuredClone(config))
        expect(equal.listeners.map(({ version }) => version)).toEqual(first.listeners.map(({ version }) => version))
        expect(equal.clusters.map(({ version }) => version)).toEqual(first.clusters.map(({ version }) => version))
        for (const [index, resource] of encode(config).clusters.entries()) expect(resource).toBe(first.clusters[index])
      }),
      { seed, numRuns: 30 },
    )
  })
})
