import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDomainIndex, withoutPort } from '../src/index.js'

const label = fc.constantFrom('a', 'b', 'shop', 'example')
const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'))
const domain = fc.oneof(
  host,
  host.map((name) => `*.${name}`),
  host.map((name) => `${name}.*`),
  fc.constant('*'),
)

/** Envoy's rule written as it reads: a class of preference and a length for every domain that matches. */
function naive(domains: readonly string[], name: string): string | undefined {
  const rank = (candidate: string): number => {
    if (candidate === '*') return 0
    if (candidate.startsWith('*'))
      return name.length >= candidate.length && name.endsWith(candidate.slice(1)) ? 2000 + candidate.length : -1
    if (candidate.endsWith('*'))
      return name.length >= candidate.length && name.startsWith(candidate.slice(0, -1)) ? 1000 + candidate.length : -1
    return candidate === name ? 9000 : -1
  }
  let best: string | undefined
  for (const candidate of domains) if (rank(candidate) >= 0 && (best === undefined || rank(candidate) > rank(best))) best = candidate
  return best
}

describe('the domain index', () => {
  it('agrees with the rule as it reads, for any domains and host', () => {
    fc.assert(
      fc.property(fc.uniqueArray(domain, { maxLength: 12 }), host, (domains, name) => {
        const index = createDomainIndex(domains.map((one) => [one, one] as const))
        expect(index.find(name)).toBe(naive(domains, name))
      }),
      { seed: 20_261_122, numRuns: 2000 },
    )
  })
})

describe('withoutPort', () => {
  it.each([
    ['a.example', 'a.example'],
    ['a.example:80', 'a.example'],
    ['a.example:', 'a.example:'],
    ['[::1]:80', '[::1]'],
    ['[::1]', '[::1]'],
    ['', ''],
  ])('%s -> %s', (authority, expected) => {
    expect(withoutPort(authority)).toBe(expected)
  })
})
