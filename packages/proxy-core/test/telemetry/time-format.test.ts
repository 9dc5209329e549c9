import { describe, expect, it } from 'vitest'
import { compileTimeFormat } from '../../src/telemetry/time-format.js'

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 67)

describe('the time format of access logs', () => {
  it.each([
    ['%Y-%m-%dT%H:%M:%S.%3fZ', '2026-01-02T03:04:05.067Z'],
    ['%F %T%z', '2026-01-02 03:04:05+0000'],
    ['%s.%6f', `${Math.floor(at / 1000)}.067000`],
    ['%f', '067000000'],
    ['100%%', '100%'],
  ])('writes %s', (format, expected) => {
    expect(compileTimeFormat(format)?.(at)).toBe(expected)
  })

  it('does not take conversions it does not know', () => {
    expect(compileTimeFormat('%Q')).toBeUndefined()
    expect(compileTimeFormat('%')).toBeUndefined()
  })
})
