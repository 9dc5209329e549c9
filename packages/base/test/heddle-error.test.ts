import { describe, expect, it } from 'vitest'
import { HeddleError, isHeddleError, messageOf } from '../src/index.js'
import { createStreamLogger } from '../src/node.js'
import { createFakeClock, createMemoryLogger } from '../src/testing.js'

describe('HeddleError', () => {
  it('is told by its code, across copies of the package', () => {
    const error = new HeddleError({ code: 'HEDDLE_TEST_FAULT', message: 'no', hint: 'Try again.', cause: new Error('why') })
    expect(isHeddleError(error)).toBe(true)
    expect(isHeddleError(error, 'HEDDLE_TEST_FAULT')).toBe(true)
    expect(isHeddleError(error, 'HEDDLE_TEST_OTHER')).toBe(false)
    expect(isHeddleError(new Error('no'))).toBe(false)
    expect(isHeddleError(undefined)).toBe(false)
    expect(error).toMatchObject({ origin: 'internal', retryable: false, hint: 'Try again.', cause: { message: 'why' } })
    expect(messageOf('text')).toBe('text')
  })
})

describe('the stream logger', () => {
  const lines: string[] = []
  const stream = { write: (line: string) => lines.push(line) }
  const clock = createFakeClock(0)

  it('writes one line a record, whatever the message holds', () => {
    createStreamLogger({ stream, clock })
      .child({ pod: 'web-1' })
      .warn('two\nlines', { error: new Error('why') })
    expect(lines.splice(0)).toEqual(['1970-01-01T00:00:00.000Z\twarn\ttwo\\nlines\tpod=web-1\terror=why\n'])
  })

  it('lets nobody forge a field, a line or a colour of a terminal', () => {
    createStreamLogger({ stream, clock }).info('a\tb', { name: 'x\r\u001b[31m\u0085\u2028\ty=1', list: ['a\tb'] })
    expect(lines.splice(0)).toEqual([
      '1970-01-01T00:00:00.000Z\tinfo\ta\\u0009b\tname=x\\u000d\\u001b[31m\\u0085\\u2028\\u0009y=1\tlist=["a\\tb"]\n',
    ])
  })

  it('writes JSON when asked, and nothing below its level', () => {
    const logger = createStreamLogger({ stream, clock, format: 'json', level: 'warn' })
    logger.info('quiet')
    logger.error('loud', { count: 1 })
    expect(lines.splice(0)).toEqual(['{"time":"1970-01-01T00:00:00.000Z","level":"error","message":"loud","count":1}\n'])
  })
})

describe('the memory logger', () => {
  it("keeps its children's records", () => {
    const logger = createMemoryLogger()
    logger.child({ a: 1 }).info('hello', { b: 2 })
    expect(logger.records).toEqual([{ level: 'info', message: 'hello', fields: { a: 1, b: 2 } }])
  })
})
