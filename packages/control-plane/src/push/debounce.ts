/** Merges bursts of changes: acts after a quiet time, but never later than a limit after the first change (istiod's PILOT_DEBOUNCE_*). */
import type { Clock, Timer } from '@heddle/base'

export interface DebounceOptions {
  readonly quietMs: number
  readonly maxMs: number
}

export interface Debounce {
  /** Says that something changed. */
  trigger(): void
  /** Acts now if something is due. */
  flush(): void
  close(): void
}

export function createDebounce(options: DebounceOptions, clock: Clock, act: () => void): Debounce {
  let firstMs: number | undefined
  let timer: Timer | undefined

  const fire = (): void => {
    timer?.cancel()
    timer = undefined
    if (firstMs === undefined) return
    firstMs = undefined
    act()
  }
  return {
    trigger() {
      const nowMs = clock.monotonicMs()
      firstMs ??= nowMs
      timer?.cancel()
      timer = clock.setTimer(Math.max(0, Math.min(options.quietMs, firstMs + options.maxMs - nowMs)), fire)
    },
    flush: fire,
    close() {
      timer?.cancel()
      timer = undefined
      firstMs = undefined
    },
  }
}
