import { describe, expect, it } from 'vitest'
import type { Contender } from '../src/contender.js'
import { formatReport } from '../src/report.js'
import { type Measured, type Round, summarize } from '../src/result.js'

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
  rounds,
})

describe('the figures', () => {
  it('are medians, and ratios to nginx and to Envoy of the same duty', () => {
    const [bare, mesh] = summarize([
      measured('heddle', 'bare', round(10), round(30), round(20)),
      measured('heddle mesh', 'mesh', round(30), round(32)),
      measured('nginx', 'bare', round(16)),
      measured('envoy', 'bare', round(40)),
      measured('envoy mesh', 'mesh', round(62)),
    ])
    expect(bare).toMatchObject({ cpuMsPer1k: 20, xNginx: 1.25, xEnvoy: 0.5 })
    expect(mesh).toMatchObject({ cpuMsPer1k: 31, xNginx: 1.94, xEnvoy: 0.5 })
  })

  it('have no ratio to a rival that is not there, and count every error', () => {
    const [only] = summarize([measured('heddle', 'bare', round(10, { errors: 2 }), round(11, { errors: 3 }))])
    expect(only).toMatchObject({ xNginx: null, xEnvoy: null, errors: 5 })
  })

  it('are printed as a table with what was skipped', () => {
    const text = formatReport({
      machine: {
        cpu: 'CPU',
        cores: 2,
        memoryGb: 4,
        kernel: '6.1',
        node: 'v20',
        isPinned: false,
        loadAverage: 0.1,
        loadGenerator: 'wrk',
        upstream: 'nginx',
      },
      benchmark: 'h1',
      rounds: 1,
      contenders: summarize([measured('heddle', 'bare', round(10))]),
      skipped: ['skipped: nginx not found'],
    })
    expect(text).toContain('skipped: nginx not found')
    expect(text).toMatch(/heddle +1 +bare +10\.00 +- +- +1000 +1\.000 +2\.000 +50\.0 +0/)
  })
})
