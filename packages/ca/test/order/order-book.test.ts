import { expect, it } from 'vitest'
import { answeredOrders, answerOf, claimOf, openOrders, withoutOld } from '../../src/index.js'

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
