import { describe, expect, it } from 'vitest'
import { compilePathRewrite, isSampled, pickWeightedCluster, redirectLocation } from '../src/index.js'
import { compileRegex, request } from './route-request.fixture.js'

describe('path rewrites', () => {
  it('replace the matched prefix and keep the query', () => {
    expect(compilePathRewrite({ kind: 'prefix', value: '/old/' }, { prefixRewrite: '/new/' })?.('/old/a?b=1')).toBe('/new/a?b=1')
    expect(compilePathRewrite({ kind: 'path', value: '/old' }, { prefixRewrite: '/new' })?.('/old?b=1')).toBe('/new?b=1')
  })
  it('substitute groups of a regular expression in the path only', () => {
    const rewrite = compilePathRewrite(
      { kind: 'prefix', value: '/' },
      { regexRewrite: { regex: '/v[0-9]+/items/([a-z]+)', substitution: '/items/\\1' } },
      compileRegex,
    )
    expect(rewrite?.('/v2/items/hat?from=/v1/items/cap')).toBe('/items/hat?from=/v1/items/cap')
  })
  it('are absent when nothing is rewritten', () => {
    expect(compilePathRewrite({ kind: 'prefix', value: '/' }, {})).toBeUndefined()
  })
})

describe('redirects', () => {
  it('replace scheme, host, port and path', () => {
    const action = {
      kind: 'redirect',
      schemeRedirect: 'https',
      hostRedirect: 'other.example',
      portRedirect: 8443,
      pathRedirect: '/gone',
    } as const
    expect(redirectLocation(action, request('/here?a=1'))).toBe('https://other.example:8443/gone?a=1')
  })
  it('drop the default port of the old scheme', () => {
    expect(redirectLocation({ kind: 'redirect', schemeRedirect: 'https' }, request('/a', { authority: 'shop.example:80' }))).toBe(
      'https://shop.example/a',
    )
    expect(redirectLocation({ kind: 'redirect', schemeRedirect: 'https' }, request('/a', { authority: 'shop.example:8080' }))).toBe(
      'https://shop.example:8080/a',
    )
    expect(
      redirectLocation({ kind: 'redirect', schemeRedirect: 'https', portRedirect: 443 }, request('/a', { authority: 'shop.example:8080' })),
    ).toBe('https://shop.example/a')
  })
  it('strip the query when asked, and take the one of the new path', () => {
    expect(redirectLocation({ kind: 'redirect', stripQuery: true }, request('/a?b'))).toBe('http://shop.example/a')
    expect(redirectLocation({ kind: 'redirect', pathRedirect: '/c?d' }, request('/a?b'))).toBe('http://shop.example/c?d')
  })
})

describe('weights', () => {
  const clusters = [
    { name: 'v1', weight: 90 },
    { name: 'v2', weight: 10 },
    { name: 'v3', weight: 0 },
  ]
  it('split the unit interval in order', () => {
    expect(pickWeightedCluster(clusters, 0)?.name).toBe('v1')
    expect(pickWeightedCluster(clusters, 0.8999)?.name).toBe('v1')
    expect(pickWeightedCluster(clusters, 0.9)?.name).toBe('v2')
    expect(pickWeightedCluster(clusters, 0.9999)?.name).toBe('v2')
    expect(pickWeightedCluster([{ name: 'off', weight: 0 }], 0.5)).toBeUndefined()
  })
  it('sample fractions', () => {
    expect(isSampled({ numerator: 250_000, denominator: 'MILLION' }, 0.2499)).toBe(true)
    expect(isSampled({ numerator: 250_000, denominator: 'MILLION' }, 0.25)).toBe(false)
    expect(isSampled({ numerator: 0, denominator: 'HUNDRED' }, 0)).toBe(false)
    expect(isSampled({ numerator: 100, denominator: 'HUNDRED' }, 0.99999)).toBe(true)
  })
})
