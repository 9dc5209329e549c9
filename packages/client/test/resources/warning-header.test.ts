import { describe, expect, it } from 'vitest'
import { readWarnings } from '../../src/resources/warning-header.js'

describe('warnings of an API', () => {
  it('are read from one header and from several, quoted and in any language', () => {
    expect(readWarnings('299 - "spec.type: not here"')).toEqual(['spec.type: not here'])
    expect(readWarnings('299 - "unknown field \\"a, b\\"", 299 kube "two" "Mon, 23 Nov 2026 00:00:00 GMT"')).toEqual([
      'unknown field "a, b"',
      'two',
    ])
    expect(readWarnings(`299 - "${Buffer.from('größe', 'utf8').toString('latin1')}"`)).toEqual(['größe'])
  })

  it('are none where there are none', () => {
    expect(['', '110 cache "stale"', '299 no quotes'].flatMap(readWarnings)).toEqual([])
  })
})
