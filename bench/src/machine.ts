/** What the numbers were measured on. */
import { cpus, loadavg, release, totalmem } from 'node:os'
import { isInstalled } from './installed.js'

export interface Cores {
  /** Undefined: not pinned. */
  readonly proxy: number | undefined
  readonly load: number | undefined
}

/** Proxy on the first core, load and upstream on the second; not pinned where there is but one or no taskset. */
export function chooseCores(): Cores {
  const canPin = process.platform === 'linux' && cpus().length >= 2 && isInstalled('taskset', ['-V'])
  return canPin ? { proxy: 0, load: 1 } : { proxy: undefined, load: undefined }
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly kernel: string
  readonly node: string
  readonly isPinned: boolean
  /** Before the first round: above about 0.3 somebody else was at work. */
  readonly loadAverage: number
  readonly loadGenerator: string
  readonly upstream: string
}

export function describeMachine(parts: Pick<Machine, 'isPinned' | 'loadGenerator' | 'upstream'>): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    loadAverage: Number((loadavg()[0] ?? 0).toFixed(2)),
    ...parts,
  }
}
