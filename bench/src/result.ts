/** The figures of a benchmark: medians over interleaved rounds, and ratios to rivals in the same run. */
import type { BarResult } from './bars.js'
import type { Contender, Duty } from './contender.js'
import type { Machine } from './machine.js'

/** What is counted: `cpuMsPer1k` is for a thousand of them, `rps` are those in a second. `MB`: 10^6 bytes. */
export type Unit = 'request' | 'connection' | 'message' | 'MB'

/** One contender in one round. */
export interface Round {
  readonly cpuMsPer1k: number
  readonly rps: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly rssMb: number
  readonly errors: number
}

/** One contender under one kind of load. Null: nothing was measured, or it makes no sense there. */
export interface ContenderResult {
  readonly name: string
  readonly version: string
  readonly duty: Duty
  /** The kind of load, where a benchmark has several. */
  readonly measure: string
  readonly unit: Unit
  /** CPU milliseconds per 1,000 units. */
  readonly cpuMsPer1k: number | null
  /** Ratio to nginx; null without nginx. */
  readonly xNginx: number | null
  /** Ratio to Envoy with the same duty; null without Envoy. */
  readonly xEnvoy: number | null
  /** Units in a second. */
  readonly rps: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** All processes of the contender together, after load; of the memory benchmark: idle, before any. */
  readonly rssMb: number
  /** All rounds together. */
  readonly errors: number
  /** Of our own engine: what it allocated on the heap for a request, and what was left of that after collecting garbage. */
  readonly allocatedBytesPerRequest?: number
  readonly retainedBytesPerRequest?: number
  /** Of the memory benchmark: growth for each idle connection. */
  readonly kbPerConnection?: number | null
  readonly kbPerTlsConnection?: number | null
}

export interface BenchmarkResult {
  readonly machine: Machine
  readonly benchmark: string
  readonly rounds: number
  readonly contenders: readonly ContenderResult[]
  /** What was promised, beside what was measured. */
  readonly bars: readonly BarResult[]
  /** Rivals that did not take part, and why. */
  readonly skipped: readonly string[]
}

export interface Measured {
  readonly contender: Contender
  readonly version: string
  readonly measure: string
  readonly unit: Unit
  readonly rounds: readonly Round[]
}

export function summarize(measured: readonly Measured[]): readonly ContenderResult[] {
  const cpuOf = (measure: string, name: string, duty: Duty): number | null => {
    const found = measured.find(
      (each) => each.measure === measure && each.contender.name.split(' ')[0] === name && each.contender.duty === duty,
    )
    return found ? medianOf(found.rounds, 'cpuMsPer1k') : null
  }
  return measured.map(({ contender, version, measure, unit, rounds }) => {
    const cpuMsPer1k = medianOf(rounds, 'cpuMsPer1k')
    return {
      name: contender.name,
      version,
      duty: contender.duty,
      measure,
      unit,
      cpuMsPer1k: rounded(cpuMsPer1k, 2),
      xNginx: ratio(cpuMsPer1k, cpuOf(measure, 'nginx', 'bare')),
      xEnvoy: ratio(cpuMsPer1k, cpuOf(measure, 'envoy', contender.duty)),
      rps: Math.round(medianOf(rounds, 'rps') ?? 0),
      p50Ms: rounded(medianOf(rounds, 'p50Ms'), 3),
      p99Ms: rounded(medianOf(rounds, 'p99Ms'), 3),
      rssMb: rounded(medianOf(rounds, 'rssMb'), 1) ?? 0,
      errors: rounds.reduce((sum, { errors }) => sum + errors, 0),
    }
  })
}

function medianOf(rounds: readonly Round[], key: keyof Round): number | null {
  return median(rounds.map((round) => round[key]))
}

/** Of those that are numbers; null when there are none. */
export function median(values: readonly (number | null)[]): number | null {
  const sorted = values
    .filter((value) => value !== null && Number.isFinite(value))
    .sort((a, b) => (a as number) - (b as number)) as number[]
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) return null
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

function ratio(value: number | null, base: number | null): number | null {
  return value === null || base === null || base === 0 ? null : rounded(value / base, 2)
}

export function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits))
}
