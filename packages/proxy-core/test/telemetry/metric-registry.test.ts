import { describe, expect, it } from 'vitest'
import { createMetricRegistry, observe, renderLabels } from '../../src/telemetry/metric-registry.js'

describe('the metric registry', () => {
  it('writes the text format of Prometheus, one family after the other', () => {
    const registry = createMetricRegistry()
    registry.counter('a_total', 'x="1"').value += 2
    registry.counter('b_total', '').value++
    registry.counter('a_total', 'x="2"').value++
    registry.gauge('g', '', () => 1.5)
    expect(registry.render()).toBe(
      [
        '# TYPE a_total counter',
        'a_total{x="1"} 2',
        'a_total{x="2"} 1',
        '# TYPE b_total counter',
        'b_total{} 1',
        '# TYPE g gauge',
        'g{} 1.5',
        '',
      ].join('\n'),
    )
  })

  it('gives the same series for the same labels', () => {
    const registry = createMetricRegistry()
    expect(registry.counter('a', 'x="1"')).toBe(registry.counter('a', 'x="1"'))
    expect(registry.histogram('h', '')).toBe(registry.histogram('h', ''))
  })

  it('counts a value in its bucket and in all above', () => {
    const registry = createMetricRegistry()
    const histogram = registry.histogram('h', 'a="b"')
    for (const value of [0.5, 0.6, 4_000_000]) observe(histogram, value)
    const lines = registry.render().split('\n')
    expect(lines).toContain('h_bucket{a="b",le="0.5"} 1')
    expect(lines).toContain('h_bucket{a="b",le="1"} 2')
    expect(lines).toContain('h_bucket{a="b",le="3600000"} 2')
    expect(lines).toContain('h_bucket{a="b",le="+Inf"} 3')
    expect(lines).toContain('h_sum{a="b"} 4000001.1')
    expect(lines).toContain('h_count{a="b"} 3')
    expect(lines.filter((line) => line.startsWith('h_bucket'))).toHaveLength(20)
  })

  it('writes histograms without labels well', () => {
    const registry = createMetricRegistry()
    registry.histogram('h', '')
    expect(registry.render()).toContain('h_bucket{le="0.5"} 0')
  })

  it('reads the newest gauge', () => {
    const registry = createMetricRegistry()
    registry.gauge('g', '', () => 1)
    registry.gauge('g', '', () => 2)
    expect(registry.render()).toContain('g{} 2')
  })

  it('escapes label values', () => {
    expect(renderLabels({ a: 'x"\\\n', b: 1 })).toBe('a="x\\"\\\\\\n",b="1"')
  })
})
