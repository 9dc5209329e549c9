/** Every form with the shortest of runs: whether it works, not what it measures. */
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { RunOptions } from '../src/form.js'
import { allForms } from '../src/forms/all-forms.js'

const tiny: RunOptions = {
  rounds: 1,
  seconds: 0.5,
  warmUpSeconds: 0,
  rate: 100,
  allocationRequests: 1,
  memoryRounds: 1,
  idleConnections: 40,
  idleTlsConnections: 20,
  only: ['heddle mesh', 'nginx'],
  onProgress: () => {},
}
const isBuilt = existsSync(new URL('../../packages/proxy-core/dist/index.js', import.meta.url))
const reason = process.platform !== 'linux' ? ' (skipped: Linux only)' : isBuilt ? '' : ' (skipped: proxy-core is not built)'

describe.skipIf(reason !== '').concurrent(`each form${reason}`, () => {
  it.each(allForms.map((form) => [form.name, form] as const))(
    '%s tells CPU, latency, memory and errors of who is here, and who is not',
    async (name, form) => {
      // A busy machine may need its first second for the handshakes of 64 connections.
      const { machine, benchmark, rounds, contenders, bars, skipped } = await form.run(
        name === 'mtls' ? { ...tiny, warmUpSeconds: 1 } : tiny,
      )
      expect([benchmark, rounds, machine.node]).toEqual([name, 1, process.version])
      const figures = contenders.find((contender) => contender.name === 'heddle mesh')
      expect(figures).toEqual({
        name: 'heddle mesh',
        version: expect.stringMatching(/^\d/),
        duty: 'mesh',
        measure: expect.any(String),
        unit: expect.stringMatching(/^(request|connection|message|MB)$/),
        cpuMsPer1k: expect.any(Number),
        xNginx: skipped.length > 0 && contenders.every((contender) => contender.name !== 'nginx') ? null : expect.any(Number),
        xEnvoy: null,
        rps: expect.any(Number),
        p50Ms: ['tcp', 'memory'].includes(name) ? null : expect.any(Number),
        p99Ms: ['tcp', 'memory'].includes(name) ? null : expect.any(Number),
        rssMb: expect.any(Number),
        errors: 0,
        ...(name === 'h1' ? { allocatedBytesPerRequest: expect.any(Number), retainedBytesPerRequest: expect.any(Number) } : {}),
        ...(name === 'memory' ? { kbPerConnection: expect.any(Number), kbPerTlsConnection: expect.any(Number) } : {}),
      })
      expect(figures?.rps).toBeGreaterThan(0)
      expect([...contenders.map((contender) => contender.name), ...skipped].join()).toContain('nginx')
      // Envoy did not run, so what is held against it is open.
      expect(bars.filter(({ bar }) => bar.includes('envoy')).every(({ isMet }) => isMet === null)).toBe(true)
      expect(JSON.parse(JSON.stringify(contenders))).toEqual(contenders)
    },
  )
})

describe('a form', () => {
  it('has a name of its own and a summary', () => {
    expect(new Set(allForms.map(({ name }) => name)).size).toBe(allForms.length)
    expect(allForms.every(({ summary }) => summary.length > 20)).toBe(true)
  })

  it('always has our engine with all features', () => {
    for (const { contenders } of allForms) expect(contenders.map(({ name }) => name)).toContain('heddle mesh')
  })
})
