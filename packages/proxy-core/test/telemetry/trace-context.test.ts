import { createSeededRandom } from '@heddle/base/testing'
import { describe, expect, it } from 'vitest'
import { createTracePropagator } from '../../src/telemetry/trace-context.js'
import { headerEdits } from './records.js'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = '00f067aa0ba902b7'

function propagate(headers: Readonly<Record<string, string>>, samplingPercent = 0): Readonly<Record<string, string>> {
  const edits = headerEdits(headers)
  createTracePropagator(createSeededRandom(1)).propagate(edits, samplingPercent)
  return Object.fromEntries(edits.all)
}

const fresh = /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/

describe('trace headers', () => {
  it('are started in both forms where there are none', () => {
    const out = propagate({}, 100)
    const [, id, span, flags] = (out['traceparent'] as string).split('-')
    expect(out['traceparent']).toMatch(fresh)
    expect(out).toMatchObject({ 'x-b3-traceid': id, 'x-b3-spanid': span, 'x-b3-sampled': '1' })
    expect(flags).toBe('01')
    expect(out['x-b3-parentspanid']).toBeUndefined()
  })

  it('are sampled at the given rate', () => {
    expect(propagate({}, 0)['x-b3-sampled']).toBe('0')
    const propagator = createTracePropagator(createSeededRandom(3))
    let sampled = 0
    for (let index = 0; index < 10_000; index++) {
      const edits = headerEdits()
      propagator.propagate(edits, 10)
      if (edits.get('x-b3-sampled') === '1') sampled++
    }
    expect(sampled).toBeGreaterThan(900)
    expect(sampled).toBeLessThan(1100)
  })

  it('never give the same id twice', () => {
    const propagator = createTracePropagator(createSeededRandom(4))
    const seen = new Set<string | undefined>()
    for (let index = 0; index < 2000; index++) {
      const edits = headerEdits()
      propagator.propagate(edits, 0)
      seen.add(edits.get('x-b3-traceid'))
      seen.add(edits.get('x-b3-spanid'))
    }
    expect(seen.size).toBe(4000)
  })

  it('continue a W3C context with a span of our own, and keep its decision', () => {
    const out = propagate({ traceparent: `00-${traceId}-${parent}-01`, tracestate: 'a=b', baggage: 'c=d' })
    expect(out['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
    expect(out['traceparent']).not.toContain(parent)
    expect(out).toMatchObject({ tracestate: 'a=b', baggage: 'c=d' })
    expect(out['x-b3-traceid']).toBeUndefined()
    expect(propagate({ traceparent: `00-${traceId}-${parent}-00` }, 100)['traceparent']).toMatch(/-00$/)
  })

  it('continue B3 headers, and add the W3C form', () => {
    const out = propagate({ 'x-b3-traceid': traceId, 'x-b3-spanid': parent, 'x-b3-sampled': '1' })
    expect(out).toMatchObject({ 'x-b3-traceid': traceId, 'x-b3-parentspanid': parent, 'x-b3-sampled': '1' })
    expect(out['x-b3-spanid']).not.toBe(parent)
    expect(out['traceparent']).toBe(`00-${traceId}-${out['x-b3-spanid'] as string}-01`)
  })

  it('widen a short B3 trace id only in the W3C form', () => {
    const out = propagate({ 'x-b3-traceid': 'a3ce929d0e0e4736', 'x-b3-spanid': parent, 'x-b3-sampled': '0' }, 100)
    expect(out['x-b3-traceid']).toBe('a3ce929d0e0e4736')
    expect(out['traceparent']).toMatch(/^00-0{16}a3ce929d0e0e4736-[0-9a-f]{16}-00$/)
  })

  it('decide themselves where a B3 context leaves it open', () => {
    const context = { 'x-b3-traceid': traceId, 'x-b3-spanid': parent }
    expect(propagate(context, 100)['x-b3-sampled']).toBe('1')
    expect(propagate(context, 0)['x-b3-sampled']).toBe('0')
    expect(propagate({ ...context, 'x-b3-flags': '1' }, 0)['x-b3-sampled']).toBe('1')
  })

  it('continue the single b3 header', () => {
    const out = propagate({ b3: `${traceId}-${parent}-1-05e3ac9a4f6e3b90` })
    expect(out['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
    expect(out['b3']).toBe((out['traceparent'] as string).replace(/^00-/, '').replace(/01$/, '1'))
    expect(out['x-b3-traceid']).toBeUndefined()
  })

  it.each([
    ['b3', '0'],
    ['x-b3-sampled', '0'],
  ])('respect a decision without a context: %s: %s', (name, value) => {
    const out = propagate({ [name]: value }, 100)
    expect(out['traceparent']).toMatch(/-00$/)
    expect(out['x-b3-sampled']).toBe('0')
  })

  it.each([
    ['version ff', `ff-${traceId}-${parent}-01`],
    ['more after version 00', `00-${traceId}-${parent}-01-x`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${parent}-01`],
    ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${traceId.toUpperCase()}-${parent}-01`],
    ['a short id', `00-${traceId.slice(1)}-${parent}-01`],
  ])('start anew on a traceparent with %s', (_, traceparent) => {
    const out = propagate({ traceparent })
    expect(out['traceparent']).toMatch(fresh)
    expect(out['traceparent']).not.toContain(traceId)
  })

  it('read a later version of the W3C form as far as it is known', () => {
    expect(propagate({ traceparent: `01-${traceId}-${parent}-01-more` })['traceparent']).toContain(traceId)
  })
})
