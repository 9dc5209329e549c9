/** Time as a dependency, so that timeouts, back-off and expiry are tested with a clock that the test moves. */

export interface Timer {
  /** Stops the timer; harmless when it has fired. */
  cancel(): void
}

export interface TimerOptions {
  /** Whether the timer keeps the process alive. Default: `false`. */
  readonly keepAlive?: boolean
}

export interface Clock {
  /** Wall time in milliseconds since the Unix epoch; may jump. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. Use it for durations. */
  monotonicMs(): number
  /** Calls `callback` once after `delayMs`. */
  setTimer(delayMs: number, callback: () => void, options?: TimerOptions): Timer
}

/** How late a due time of the wall clock may be noticed. */
const wallTickMs = 30_000

/**
 * Calls `callback` once after `delayMs` of either clock. A machine that sleeps stops its timers while the wall clock goes on, and what
 * ends at a time of day, such as a certificate, ends all the same: it is noticed within 30 s of waking. Delays have no upper bound.
 */
export function setWallTimer(clock: Clock, delayMs: number, callback: () => void, options?: TimerOptions): Timer {
  const [wallMs, monotonicMs] = [clock.now() + delayMs, clock.monotonicMs() + delayMs]
  const leftMs = (): number => Math.min(wallMs - clock.now(), monotonicMs - clock.monotonicMs())
  const wait = (): Timer =>
    clock.setTimer(
      Math.min(leftMs(), wallTickMs),
      () => {
        // A timer of the operating system may come a fraction of a millisecond early.
        if (leftMs() < 1) callback()
        else timer = wait()
      },
      options,
    )
  let timer = wait()
  return { cancel: () => timer.cancel() }
}

/** Resolves after `delayMs`, or rejects with the signal's reason when it aborts first. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = (): void => {
      timer.cancel()
      reject(signal?.reason as Error)
    }
    const timer = clock.setTimer(
      delayMs,
      () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      },
      { keepAlive: true },
    )
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
