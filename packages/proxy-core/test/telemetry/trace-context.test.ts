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

  it.each([
    ['W3C', { traceparent: `00-${traceId}-${parent}-01`, tracestate: 'a=b', baggage: 'c=d' }],
    ['a later version of W3C', { traceparent: `01-${traceId}-${parent}-01-more` }],
    ['B3', { 'x-b3-traceid': traceId, 'x-b3-spanid': parent, 'x-b3-sampled': '1' }],
    ['short B3', { 'x-b3-traceid': 'a3ce929d0e0e4736', 'x-b3-spanid': parent }],
    ['single B3', { b3: `${traceId}-${parent}-1-05e3ac9a4f6e3b90` }],
  ])('pass as they are when a context came: %s', (_, headers) => {
    expect(propagate(headers, 100)).toEqual(headers)
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
})
