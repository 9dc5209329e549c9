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
