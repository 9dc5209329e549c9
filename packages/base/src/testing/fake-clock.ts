import type { Clock, Timer } from '../clock.js'

export interface FakeClock extends Clock {
  /** Moves time on, firing due timers in order; each sees the time at which it was due. */
  advance(ms: number): void
  /** Moves the wall time alone, as while the machine sleeps: timers and the monotonic time stand still. */
  sleep(ms: number): void
  /** Timers that have neither fired nor been cancelled. */
  pendingTimers(): number
}

interface Pending {
  readonly dueMs: number
  readonly order: number
  readonly callback: () => void
}

/** @param startMs wall time at the start. Default: 2026-01-01T00:00:00Z. */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsedMs = 0
  let sleptMs = 0
  let order = 0
  const pending = new Set<Pending>()

  const nextDue = (limitMs: number): Pending | undefined => {
    let next: Pending | undefined
    for (const timer of pending) {
      if (timer.dueMs > limitMs) continue
      if (!next || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer
    }
    return next
  }

  return {
    now: () => startMs + elapsedMs + sleptMs,
    monotonicMs: () => elapsedMs,
    setTimer(delayMs, callback): Timer {
      const timer = { dueMs: elapsedMs + Math.max(0, delayMs), order: order++, callback }
      pending.add(timer)
      return { cancel: () => void pending.delete(timer) }
    },
    advance(ms) {
      const limitMs = elapsedMs + ms
      for (let timer = nextDue(limitMs); timer; timer = nextDue(limitMs)) {
        pending.delete(timer)
        elapsedMs = timer.dueMs
        timer.callback()
      }
      elapsedMs = limitMs
    },
    sleep: (ms) => void (sleptMs += ms),
    pendingTimers: () => pending.size,
  }
}
