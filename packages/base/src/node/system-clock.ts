import { performance } from 'node:perf_hooks'
import type { Clock } from '../clock.js'

const maxTimerMs = 2_147_483_647

/** The machine's own time. A delay over 24.8 days fires at 24.8 days, Node's limit. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, callback, options) {
    const handle = setTimeout(callback, Math.min(Math.max(delayMs, 0), maxTimerMs))
    if (!options?.keepAlive) handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}
