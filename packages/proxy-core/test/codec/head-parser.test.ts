import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeadParser } from '../../src/codec/http1/head-parser.js'
import { HeaderBlock } from '../../src/message/header-block.js'

const limits = { maxHeadBytes: 16_384, maxFields: 100, maxFieldBytes: 8192, maxTargetBytes: 8192 }
const seed = 20_261_122

function parse(text: string, cuts: readonly number[]): { readonly length: number; readonly serialized: string } {
  const parser = new HeadParser('request', limits)
  const block = new HeaderBlock()
  const bytes = Buffer.from(text, 'latin1')
  for (const cut of [...cuts, bytes.length]) {
    const length = parser.parse(bytes, 0, cut, block)
    if (length !== 0) return { length, serialized: length > 0 ? block.serialize() : '' }
  }
  return { length: 0, serialized: '' }
}

const token = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abcXYZ-_.!#09'.split('')) })
const value = fc.string({ maxLength: 20, unit: fc.constantFrom(...'abc ,;="09\xe9\t'.split('')) }).map((text) => text.trim())

test('fields are given back in order, in their case, however the head was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(token, value), { maxLength: 20 }), fc.array(fc.nat(600), { maxLength: 6 }), (fields, cuts) => {
      const lines = fields.map(([name, text]) => `${name}: ${text}\r\n`).join('')
      const head = `GET /x HTTP/1.1\r\n${lines}\r\n`
      const points = cuts.map((cut) => cut % head.length).toSorted((a, b) => a - b)
      const whole = parse(head, [])
      expect(whole.length).toBe(head.length)
      expect(whole.serialized).toBe(lines)
      expect(parse(head, points)).toEqual(whole)
    }),
    { seed, numRuns: 500 },
  )
})

test('arbitrary bytes give the same verdict in one piece and in two', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 120, unit: fc.constantFrom(...'GET /HTP1.\r\n: a\x00\x7f'.split('')) }),
      fc.nat(120),
      (text, cut) => {
        const head = `GET / HTTP/1.1\r\n${text}\r\n\r\n`
        expect(parse(head, [cut % head.length]).length).toBe(parse(head, []).length)
      },
    ),
    { seed, numRuns: 2000 },
  )
})

test('removing and setting fields keeps the others as they were', () => {
  const parser = new HeadParser('request', limits)
  const block = new HeaderBlock()
  const bytes = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-two:  2 \r\nX-ONE: again\r\n\r\n')
  parser.parse(bytes, 0, bytes.length, block)
  expect(block.get('x-one')).toBe('1,again')
  block.remove('x-one')
  block.set('x-new', 'n')
  expect(block.serialize()).toBe('Host: a\r\nx-two: 2\r\nx-new: n\r\n')
  expect(block.firstOrOriginal('x-one')).toBe('1')
  expect(block.firstOrOriginal('x-new')).toBe('n')
  expect(block.has('x-one')).toBe(false)
})
