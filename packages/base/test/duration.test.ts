import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from '../src/index.js'

describe('durations', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['5s', 5000],
    ['250ms', 250],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['.5s', 500],
    ['1us', 0.001],
    ['-2s', -2000],
    ['+2s', 2000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, ms })
  })

  it.each(['', '5', 's', '5x', '5 s', '1h30', '1,5s', '٥s', 'Infinitys', '--1s'])('"%s" is none', (text) => {
    expect(parseDuration(text).ok).toBe(false)
  })

  it.each([
    [0, '0s'],
    [5000, '5s'],
    [250, '0.250s'],
    [1.5, '0.001500s'],
    [0.000001, '0.000000001s'],
    [-1500, '-1.500s'],
    [9_223_372_035_000, '9223372035s'],
  ])('%d ms are written %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})
