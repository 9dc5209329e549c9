/** The reading of case lists: rows, bytes, wants. */
import { describe, expect, test } from 'vitest'
import {
  decodeWireBytes,
  readAnswerExpectation,
  readRequestExpectation,
  readWireCases,
  readWireScript,
  splitWireSteps,
} from '@heddle/testing'

test('rows carry their section, bytes and want; other lines are nothing', () => {
  const page = [
    '## 1. Requests',
    '| # | bytes | want | N24 |',
    '|---|---|---|---|',
    '| 7 | `{G}\\r\\n` | ok | 200 |',
    '### 4b. Others',
    '| **T32** | prose; upstream answers `x` at once | refuse | no |',
  ].join('\n')
  expect(readWireCases(page)).toEqual([
    { section: '1. Requests', id: '7', cells: ['7', '`{G}\\r\\n`', 'ok', '200'], source: '{G}\\r\\n', prose: '', want: 'ok' },
    {
      section: '4b. Others',
      id: 'T32',
      cells: ['**T32**', 'prose; upstream answers `x` at once', 'refuse', 'no'],
      source: 'x',
      prose: 'prose; upstream answers  at once',
      want: 'refuse',
    },
  ])
})

test('macros, repetitions and escapes become single bytes', () => {
  expect(decodeWireBytes('{G}X: {A*3}\\xff\\t\\r\\n')).toBe('GET / HTTP/1.1\r\nHost: a\r\nX: AAA\xff\t\r\n')
  expect(decodeWireBytes('{=1\\r\\nx\\r\\n*2}{L}')).toBe('1\r\nx\r\n1\r\nx\r\n0\r\n\r\n')
})

test('what stands between bytes is a step of its own, and bytes are cut as asked', () => {
  expect(readWireScript('a{ms:5}b{FIN}')).toEqual([
    { kind: 'send', bytes: 'a' },
    { kind: 'pause', ms: 5 },
    { kind: 'send', bytes: 'b' },
    { kind: 'fin' },
  ])
  const cuts = splitWireSteps(readWireScript('a: b\\r\\n'), 'cuts').map((step) => (step.kind === 'send' ? step.bytes : step.kind))
  expect(cuts).toEqual(['a:', ' b\r', '\n'])
  expect(splitWireSteps(readWireScript('a\\r\\n'), 'bytes')).toHaveLength(3)
})

describe('a want', () => {
  test.each([
    ['400/501', { refusals: [400, 501] }],
    ['ok hello', { ok: { requests: 1, body: 'hello' }, refusals: [] }],
    ['ok2000', { ok: { requests: 2000 } }],
    ['ok then 400', { ok: { requests: 1, next: 400 }, refusals: [] }],
    ['100 then ok hello', { ok: { requests: 1, body: 'hello' }, refusals: [] }],
    ['400/close', { refusals: [400], mayClose: true }],
    ['405/403 and close', { refusals: [405, 403], mayClose: false }],
    ['wait/413', { refusals: [413], mayWait: true }],
    ['ok X=80ff', { fieldX: '\x80\xff' }],
    ['ok path /?x=1', { ok: { requests: 1, target: '/?x=1' } }],
    ['abort', { mustAbort: true }],
  ])('of a request: %s', (want, read) => {
    expect(readRequestExpectation(want)).toMatchObject(read)
  })

  test.each([
    ['ok hi noreuse', { ok: { status: 200, body: 'hi' }, reuse: false }],
    ['304 without body, reuse', { ok: { status: 304, body: '' }, reuse: true }],
    ['502, or ok hi noreuse with CL removed', { refusals: [502], ok: { status: 200, body: 'hi' } }],
    ['cut', { mayCut: true, refusals: [] }],
  ])('of an answer: %s', (want, read) => {
    expect(readAnswerExpectation(want)).toMatchObject(read)
  })
})
