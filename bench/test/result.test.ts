import { describe, expect, it } from 'vitest'
import { allocatedBytes } from '../src/allocations.js'
import { type Bar, judge } from '../src/bars.js'
import type { Contender } from '../src/contender.js'
import { formatReport } from '../src/report.js'
import { type ContenderResult, type Measured, median, type Round, summarize } from '../src/result.js'

const round = (cpuMsPer1k: number, more: Partial<Round> = {}): Round => ({
  cpuMsPer1k,
  rps: 1000,
  p50Ms: 1,
  p99Ms: 2,
  rssMb: 50,
  errors: 0,
  ...more,
})
const measured = (name: string, duty: Contender['duty'], ...rounds: Round[]): Measured => ({
  contender: { name, duty, isRival: true, version: () => '1', prepare: () => [] },
  version: '1',
  measure: 'saturated',
  unit: 'request',
  rounds,
})
const five = [
  measured('heddle', 'bare', round(10), round(30), round(20)),
  measured('heddle mesh', 'mesh', round(30), round(32)),
  measured('nginx', 'bare', round(16)),
  measured('envoy', 'bare', round(40)),
  measured('envoy mesh', 'mesh', round(62, { p50Ms: 4 })),
]

describe('the figures', () => {
  it('are medians, and ratios to nginx and to Envoy of the same duty', () => {
    const [bare, mesh] = summarize(five)
    expect(bare).toMatchObject({ cpuMsPer1k: 20, xNginx: 1.25, xEnvoy: 0.5 })
    expect(mesh).toMatchObject({ cpuMsPer1k: 31, xNginx: 1.94, xEnvoy: 0.5 })
  })

  it('compare within one kind of load only', () => {
    const [bulk, echo] = summarize([
      { ...measured('heddle', 'bare', round(10)), measure: 'bulk', unit: 'MB' },
      { ...measured('heddle', 'bare', round(12)), measure: 'echo' },
      { ...measured('nginx', 'bare', round(6)), measure: 'echo' },
    ])
    expect(bulk).toMatchObject({ measure: 'bulk', unit: 'MB', xNginx: null })
    expect(echo).toMatchObject({ measure: 'echo', xNginx: 2 })
  })

  it('have no ratio to a rival that is not there, and count every error', () => {
    const [only] = summarize([measured('heddle', 'bare', round(10, { errors: 2 }), round(11, { errors: 3 }))])
    expect(only).toMatchObject({ xNginx: null, xEnvoy: null, errors: 5 })
  })

  it('are null, which JSON has, when nothing was answered', () => {
    const [only] = summarize([measured('heddle', 'bare', round(Number.POSITIVE_INFINITY, { rps: 0, p50Ms: null, p99Ms: null }))])
    expect(only).toMatchObject({ cpuMsPer1k: null, rps: 0, p50Ms: null, p99Ms: null })
  })
})

describe('a median', () => {
  it('is the middle one, between two their mean, and leaves out what is no number', () => {
    expect([median([3, 1, 2]), median([1, 2, 4, 9]), median([null, 5, Number.NaN]), median([null])]).toEqual([2, 3, 5, null])
  })
})

describe('the bars', () => {
  const figures = summarize(five)
  const judged = (bar: Partial<Bar>, among: readonly ContenderResult[] = figures) =>
    judge([{ figure: 'cpuMsPer1k', kind: 'at-most', limit: 1, ...bar }], among)[0]

  it('hold a ratio against its limit', () => {
    expect(judged({ rival: 'envoy mesh', limit: 0.5 })).toEqual({
      bar: 'heddle mesh: CPU <= 0.5 x envoy mesh',
      measured: 0.5,
      isMet: true,
    })
    expect(judged({ rival: 'nginx', limit: 1.9 })).toMatchObject({ measured: 1.94, isMet: false })
  })

  it('say how many times less, and whether a figure is below', () => {
    expect(judged({ kind: 'times-less', rival: 'envoy', limit: 2 })).toMatchObject({ measured: 1.29, isMet: false })
    expect(judged({ kind: 'below', figure: 'p50Ms', rival: 'envoy mesh' })).toMatchObject({ measured: 0.25, isMet: true })
    expect(judged({ kind: 'below', figure: 'p99Ms', rival: 'envoy mesh' })).toMatchObject({ measured: 1, isMet: false })
  })

  it('take a figure as it is without a rival', () => {
    const [ours] = figures.slice(1)
    const withMemory = [{ ...(ours as ContenderResult), kbPerTlsConnection: 71 }]
    expect(judged({ figure: 'kbPerTlsConnection', limit: 70 }, withMemory)).toMatchObject({ measured: 71, isMet: false })
  })

  it('are open when somebody did not take part', () => {
    expect(judged({ rival: 'haproxy' })).toMatchObject({ measured: null, isMet: null })
    expect(judged({ rival: 'nginx', measure: 'echo' })).toMatchObject({ measured: null, isMet: null })
  })
})

describe('the report', () => {
  const machine = {
    cpu: 'CPU',
    cores: 2,
    memoryGb: 4,
    kernel: '6.1',
    node: 'v20',
    isPinned: false,
    loadAverage: 0.1,
    loadGenerator: 'wrk',
    upstream: 'nginx',
  }

  it('is a table with what was skipped, and the bars beside what was measured', () => {
    const text = formatReport({
      machine,
      benchmark: 'h1',
      rounds: 1,
      contenders: summarize([measured('heddle', 'bare', round(10))]),
      bars: [
        { bar: 'CPU <= 1 x nginx', measured: 1.2, isMet: false },
        { bar: 'CPU <= 1 x envoy', measured: null, isMet: null },
      ],
      skipped: ['skipped: nginx not found'],
    })
    expect(text).toContain('skipped: nginx not found')
    expect(text).toMatch(/heddle +1 +bare +saturated +10\.00 +- +- +1000 +1\.000 +2\.000 +50\.0 +0\n/)
    expect(text).toMatch(/CPU <= 1 x nginx +1\.20 +NOT MET\n/)
    expect(text).toMatch(/CPU <= 1 x envoy +- +not measured\n/)
    expect(text).not.toContain('alloc')
  })

  it('has columns for allocations and memory where they were measured', () => {
    const [figure] = summarize([measured('heddle mesh', 'mesh', round(10))])
    const contenders = [{ ...(figure as ContenderResult), allocatedBytesPerRequest: 1234, kbPerTlsConnection: 33.44 }]
    const text = formatReport({ machine, benchmark: 'h1', rounds: 1, contenders, bars: [], skipped: [] })
    expect(text).toMatch(/errors +B alloc\/req +KB\/idle mTLS\n/)
    expect(text).toMatch(/ 0 +1234 +33\.4\n/)
  })
})

describe("V8's trace of collections", () => {
  it('is summed up, negative numbers too, which it prints as 64 bits without a sign', () => {
    expect(allocatedBytes('gc=s allocated=1000 promoted=5\ngc=mc allocated=18446744073709551536 x=1\nlistening\n')).toBe(920)
  })
})
