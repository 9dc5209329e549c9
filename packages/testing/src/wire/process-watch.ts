/**
 * What holds for a whole run of rows: the event loop stays quick, and handles and files are back where they were.
 *
 * A timer asks every 10 ms how late it is. Lateness counts only as far as this process used the CPU meanwhile, so that a
 * machine that is busy with others, where every timer is late, says nothing about the proxy.
 */
import { readdirSync } from 'node:fs'
import type { Clock } from '@heddle/base'
import { systemClock } from '@heddle/base/node'

export interface ProcessWatchOptions {
  /** Lateness that 99 of 100 looks have to stay below. Default: 50. */
  readonly maxDelayMs?: number
  /** How long handles and files may take to be back. Default: 5000. */
  readonly patienceMs?: number
}

export interface ProcessWatch {
  /** Ends the watch, when all that was opened meanwhile is closed. @returns what is wrong. */
  end(): Promise<readonly string[]>
}

const everyMs = 10

export function watchProcess({ maxDelayMs = 50, patienceMs = 5000 }: ProcessWatchOptions = {}, clock: Clock = systemClock): ProcessWatch {
  const before = holdings()
  const delaysMs: number[] = []
  let last = moment(clock)
  const look = (): void => {
    const now = moment(clock)
    delaysMs.push(Math.min(now.wallMs - last.wallMs, now.cpuMs - last.cpuMs) - everyMs)
    last = now
    timer = clock.setTimer(everyMs, look)
  }
  let timer = clock.setTimer(everyMs, look)
  return {
    async end() {
      look()
      timer.cancel()
      const p99 = delaysMs.toSorted((one, other) => one - other)[Math.floor(delaysMs.length * 0.99)] ?? 0
      const slow = p99 > maxDelayMs ? [`the event loop was late by ${p99.toFixed(0)} ms, p99 of ${delaysMs.length}`] : []
      return [...slow, ...(await leftovers(before, clock, patienceMs))]
    },
  }
}

function moment(clock: Clock): { readonly wallMs: number; readonly cpuMs: number } {
  const { user, system } = process.cpuUsage()
  return { wallMs: clock.monotonicMs(), cpuMs: (user + system) / 1000 }
}

/** Sockets and servers by kind, and files where the system tells. */
function holdings(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) if (/TCP|TLS|Pipe/.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  if (process.platform === 'linux') counts.set('files', readdirSync('/proc/self/fd').length)
  return counts
}

async function leftovers(before: ReadonlyMap<string, number>, clock: Clock, patienceMs: number): Promise<readonly string[]> {
  const more = (): readonly string[] =>
    [...holdings()]
      .filter(([kind, count]) => count > (before.get(kind) ?? 0))
      .map(([kind, count]) => `${count - (before.get(kind) ?? 0)} ${kind} more than before`)
  const deadlineMs = clock.monotonicMs() + patienceMs
  while (more().length > 0 && clock.monotonicMs() < deadlineMs) await new Promise(setImmediate)
  return more()
}
