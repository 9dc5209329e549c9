import { describe, expect, it } from 'vitest'
import { compileRegex } from '../../src/engine/linear-regex.js'

describe('regular expressions', () => {
  it('match the whole text, as Envoy’s do', () => {
    const compiled = compileRegex('/api/v[0-9]+')
    expect(compiled.matches('/api/v12')).toBe(true)
    expect(compiled.matches('/api/v12/x')).toBe(false)
  })

  it('replace with RE2’s groups, and a dollar is only a dollar', () => {
    expect(compileRegex('^/(\\w+)/(\\w+)$').replaceAll('/a/b', '/\\2/$1/\\1')).toBe('/b/$1/a')
    expect(compileRegex('[0-9]+').replaceAll('/v12/x', '<\\0\\\\>')).toBe('/v<12\\>/x')
  })

  it('take linear time where a backtracking engine would take years', () => {
    expect(compileRegex('(a+)+b').matches('a'.repeat(5000))).toBe(false)
  })

  it.each(['(?=look)', '(a)\\1', '('])('refuse %s, which RE2 does not have', (pattern) => {
    expect(() => compileRegex(pattern)).toThrow()
  })
})
