/** A benchmark by name, and the scales at which it runs. */
import type { Contender } from './contender.js'
import type { BenchmarkResult } from './result.js'

export interface Scale {
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Requests a second of the open loop. */
  readonly rate: number
  /** Over so many requests allocations are counted. */
  readonly allocationRequests: number
  /** Of the memory benchmark, which starts every process anew in each. */
  readonly memoryRounds: number
  readonly idleConnections: number
  readonly idleTlsConnections: number
}

export interface RunOptions extends Scale {
  /** Names of the contenders that take part; empty: all. */
  readonly only: readonly string[]
  onProgress(line: string): void
}

export interface Form {
  readonly name: string
  /** One line. */
  readonly summary: string
  readonly contenders: readonly Contender[]
  /** @throws when one of our own processes does not start. */
  run(options: RunOptions): Promise<BenchmarkResult>
}

export const fullScale: Scale = {
  rounds: 5,
  seconds: 4,
  warmUpSeconds: 2,
  rate: 5000,
  allocationRequests: 100_000,
  memoryRounds: 3,
  idleConnections: 2000,
  idleTlsConnections: 2000,
}

/** Under a minute for each form. */
export const shortScale: Scale = { ...fullScale, rounds: 3, seconds: 1, warmUpSeconds: 1.5, memoryRounds: 1, idleTlsConnections: 1000 }
