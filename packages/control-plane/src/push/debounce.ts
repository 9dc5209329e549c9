/**
 * Merges bursts of changes: acts after a quiet time, but never later than a limit after the first change (istiod's
 * PILOT_DEBOUNCE_*). An urgent change does not wait, unless the last action was less than a quiet time ago: a rollout that
 * takes a hundred endpoints away must not become a hundred pushes.
 */
import type { Clock, Timer } from '@heddle/base'

export interface DebounceOptions {
  readonly quietMs: number
  readonly maxMs: number
}

export interface Debounce {
  /** Says that something changed. */
  trigger(isUrgent: boolean): void
  close(): void
}

export function createDebounce({ quietMs, maxMs }: DebounceOptions, clock: Clock, act: () => void): Debounce {
  let firstMs: number | undefined
  let urgentDueMs: number | undefined
  let lastMs = Number.NEGATIVE_INFINITY
  let timer: Timer | undefined

  const forget = (): void => {
    timer?.cancel()
    timer = undefined
    firstMs = undefined
    urgentDueMs = undefined
  }
  const fire = (): void => {
    forget()
    act()
    lastMs = clock.monotonicMs()
  }
  return {
    trigger(isUrgent) {
      const nowMs = clock.monotonicMs()
      firstMs ??= nowMs
      if (isUrgent) urgentDueMs ??= Math.max(nowMs, lastMs + quietMs)
      const dueMs = Math.min(nowMs + quietMs, firstMs + maxMs, urgentDueMs ?? Number.POSITIVE_INFINITY)
      timer?.cancel()
      if (dueMs <= nowMs) fire()
      else timer = clock.setTimer(dueMs - nowMs, fire)
    },
    close: forget,
  }
}
