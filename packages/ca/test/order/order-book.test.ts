import { expect, it } from 'vitest'
import { answeredOrders, answerOf, claimOf, lapsedOrders, nextLapseMs, openOrders, withoutOld } from '../../src/index.js'

const data = {
  'b.order': '{}',
  'a.order': '{}',
  'claimed.order': '{}',
  'claimed.claim': '{"by":"one","atMs":1000}',
  'done.answer': '{"ok":true,"message":"done","atMs":2000}',
  'edited.answer': 'by hand',
  note: 'of an operator',
}

it('an order is open until somebody has claimed or answered it', () => {
  expect(openOrders(data)).toEqual(['a', 'b'])
  expect(claimOf(data, 'claimed')).toEqual({ by: 'one', atMs: 1000 })
  expect(claimOf(data, 'a')).toBeUndefined()
})

it('what stands in the place of an answer and is none is no answer', () => {
  expect(answeredOrders(data)).toEqual(['done', 'edited'])
  expect(answerOf(data, 'done')).toMatchObject({ ok: true, message: 'done' })
  for (const id of ['edited', 'nobody']) expect(answerOf(data, id)).toBeUndefined()
})

it('what nobody came back for goes, and nothing else does', () => {
  expect(Object.keys(withoutOld(data, 1500))).toEqual(['b.order', 'a.order', 'done.answer', 'edited.answer', 'note'])
  expect(Object.keys(withoutOld(data, 2500))).toEqual(['b.order', 'a.order', 'edited.answer', 'note'])
})

it('a claim counts for a minute without an answer', () => {
  const claim = (atMs: number): string => JSON.stringify({ by: 'one', atMs })
  const data = {
    'first.order': '{}',
    'first.claim': claim(1000),
    'later.order': '{}',
    'later.claim': claim(5000),
    'done.order': '{}',
    'done.claim': claim(0),
    'done.answer': '{}',
    'free.order': '{}',
    'odd.order': '{}',
    'odd.claim': 'odd',
  }
  expect(lapsedOrders(data, 60_999)).toEqual(['odd'])
  expect(lapsedOrders(data, 61_000)).toEqual(['first', 'odd'])
  expect(nextLapseMs(data, 0)).toBe(60_000)
  expect(nextLapseMs(data, 61_000)).toBe(65_000)
  expect(nextLapseMs(data, 65_000)).toBeUndefined()
})
