import { describe, expect, it } from 'vitest'
import { fullMessage } from '../src/diagnostic.js'
import { toDiagnostic } from '../src/validate/fault.js'

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

describe('what a field takes is said in the message', () => {
  const said = (message: string, more: { expected: string; suggestion?: string; part?: 'key' }): string =>
    toDiagnostic({ ruleId: 'bad-percentage', path: ['spec'], message, ...more }, undefined, undefined).message

  it('once', () => {
    expect(said('120 is not a percentage.', { expected: 'a number to 100' })).toBe('120 is not a percentage; expected a number to 100.')
  })

  it.each([
    ['it is there already', 'Expected a number to 100.', { expected: 'a number to 100' }],
    ['it is there in other words', 'Give a number that goes to 100.', { expected: 'a number to 100' }],
    ['a suggestion says it better', '"1OO" is not a number.', { expected: 'a number to 100', suggestion: '100' }],
    ['the field is too much itself', '"percent" is not a field.', { expected: 'a number to 100', part: 'key' as const }],
  ])('unless %s', (_, message, more) => {
    expect(said(message, more)).toBe(message)
  })
})
