/** The figures of a benchmark: medians over interleaved rounds, and ratios to rivals in the same run. */
import type { Contender, Duty } from './contender.js'
import type { Machine } from './machine.js'

/** One contender in one round. */
export interface Round {
  readonly cpuMsPer1k: number
  readonly rps: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMb: number
  readonly errors: number
}

export interface ContenderResult {
  readonly name: string
  readonly version: string
  readonly duty: Duty
  /** CPU milliseconds per 1,000 requests. */
  readonly cpuMsPer1k: number
  /** Ratio to nginx; null without nginx. */
  readonly xNginx: number | null
  /** Ratio to Envoy with the same duty; null without Envoy. */
  readonly xEnvoy: number | null
  readonly rps: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMb: number
  /** All rounds together. */
  readonly errors: number
}

export interface BenchmarkResult {
  readonly machine: Machine
  readonly benchmark: string
  readonly rounds: number
  readonly contenders: readonly ContenderResult[]
  /** Rivals that did not take part, and why. */
  readonly skipped: readonly string[]
}

export interface Measured {
  readonly contender: Contender
  readonly version: string
  readonly rounds: readonly Round[]
}

export function summarize(measured: readonly Measured[]): readonly ContenderResult[] {
  const cpuOf = (name: string, duty: Duty): number | undefined => {
    const found = measured.find(({ contender }) => contender.name.split(' ')[0] === name && contender.duty === duty)
    return found && median(found.rounds, 'cpuMsPer1k')
  }
  return measured.map(({ contender, version, rounds }) => {
    const cpuMsPer1k = median(rounds, 'cpuMsPer1k')
    return {
      name: contender.name,
      version,
      duty: contender.duty,
      cpuMsPer1k: rounded(cpuMsPer1k, 2),
      xNginx: ratio(cpuMsPer1k, cpuOf('nginx', 'bare')),
      xEnvoy: ratio(cpuMsPer1k, cpuOf('envoy', contender.duty)),
      rps: Math.round(median(rounds, 'rps')),
      p50Ms: rounded(median(rounds, 'p50Ms'), 3),
      p99Ms: rounded(median(rounds, 'p99Ms'), 3),
      rssMb: rounded(median(rounds, 'rssMb'), 1),
      errors: rounds.reduce((sum, { errors }) => sum + errors, 0),
    }
  })
}

function median(rounds: readonly Round[], key: keyof Round): number {
  const values = rounds.map((round) => round[key]).sort((a, b) => a - b)
  const middle = values.length >> 1
  const upper = values[middle] ?? Number.NaN
  return values.length % 2 === 1 ? upper : ((values[middle - 1] ?? Number.NaN) + upper) / 2
}

function ratio(value: number, base: number | undefined): number | null {
  return base === undefined ? null : rounded(value / base, 2)
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
