/**
 * What embedders give to the engine may fail: throw where nobody expects it, from a timer too, or turn out to be an async
 * function whose promise nobody awaits, which would end the process. Here that becomes a line in the log.
 */
import type { Clock, LogFields, Logger, Random } from '@heddle/base'
import { systemClock, systemRandom } from '@heddle/base/node'
import { guard } from './guard.js'

/** A logger that throws loses its line. */
export function guardedLogger(logger: Logger): Logger {
  const quietly = (write: () => unknown): void => {
    try {
      containPromise(write(), () => {})
    } catch {
      // There is nobody left to tell.
    }
  }
  return {
    debug: (message, fields) => quietly(() => logger.debug(message, fields)),
    info: (message, fields) => quietly(() => logger.info(message, fields)),
    warn: (message, fields) => quietly(() => logger.warn(message, fields)),
    error: (message, fields) => quietly(() => logger.error(message, fields)),
    child: (fields: LogFields) => guardedLogger(logger.child(fields)),
  }
}

/** Timers run guarded; where an own clock fails the system's goes on. */
export function guardedClock(clock: Clock | undefined, logger: Logger): Clock {
  const below = clock ?? systemClock
  const setTimer: Clock['setTimer'] = (delayMs, callback, options) => {
    const run = (): void => guard(logger, 'timer', callback)
    return orElse(
      () => below.setTimer(delayMs, run, options),
      () => systemClock.setTimer(delayMs, run, options),
    )
  }
  if (clock === undefined) return { now: () => systemClock.now(), monotonicMs: () => systemClock.monotonicMs(), setTimer }
  let nowMs = 0
  let monotonicMs = 0
  return {
    now: () =>
      (nowMs = orElse(
        () => clock.now(),
        () => nowMs,
      )),
    // It stands still rather than jump to another clock's beginning.
    monotonicMs: () =>
      (monotonicMs = orElse(
        () => clock.monotonicMs(),
        () => monotonicMs,
      )),
    setTimer,
  }
}

export function guardedRandom(random: Random | undefined): Random {
  if (random === undefined) return systemRandom
  return {
    next: () =>
      orElse(
        () => random.next(),
        () => systemRandom.next(),
      ),
    bytes: (count) =>
      orElse(
        () => random.bytes(count),
        () => systemRandom.bytes(count),
      ),
  }
}

/** @returns whether it was a promise, which then fails without harm. */
export function containPromise(result: unknown, onFailed: (error: unknown) => void): boolean {
  if (typeof result !== 'object' || result === null || typeof (result as { readonly then?: unknown }).then !== 'function') return false
  Promise.resolve(result).catch(onFailed)
  return true
}

function orElse<Value>(run: () => Value, otherwise: () => Value): Value {
  try {
    return run()
  } catch {
    return otherwise()
  }
}
