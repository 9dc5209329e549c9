import { describe, expect, it } from 'vitest'
import { fullMessage } from '../src/diagnostic.js'

describe('what was probably meant', () => {
  it.each([
    ['hosts', '"hosts"'],
    ['*/web', '"*/web"'],
    ['1.2.3.4', '"1.2.3.4"'],
    ['80', '80'],
    ['"80"', '"80"'],
    ['["a b"]', '["a b"]'],
    ['{mode: STRICT}', '{mode: STRICT}'],
    ['- "*/*"', '- "*/*"'],
    ['name: a b', 'name: a b'],
  ])('is shown as it is to be typed: %s', (suggestion, shown) => {
    expect(fullMessage({ message: 'This is wrong.', suggestion })).toBe(`This is wrong; did you mean ${shown}?`)
  })
})
