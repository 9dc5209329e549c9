/**
 * A controller's queue: keys that wait are not queued twice, one key is never worked on twice at a time, a failed key comes
 * back after a growing delay (client-go's rate limited work queue).
 */
import { type Clock, type Logger, messageOf, type Timer } from '@heddle/base'

export interface WorkQueue {
  add(key: string): void
  close(): Promise<void>
}

export interface WorkQueueOptions {
  readonly name: string
  /** Brings one key to its wanted state; resolves with milliseconds after which to look again, if at all. */
  readonly reconcile: (key: string) => Promise<number | void>
}

const firstRetryMs = 20
const maxRetryMs = 10_000

export function createWorkQueue(
  { name, reconcile }: WorkQueueOptions,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): WorkQueue {
  const waiting = new Set<string>()
  const failures = new Map<string, number>()
  const timers = new Map<string, Timer>()
  let running: Promise<void> | undefined
  let isClosed = false

  const add = (key: string): void => {
    if (isClosed) return
    waiting.add(key)
    running ??= drain()
  }
  const later = (key: string, delayMs: number): void => {
    timers.get(key)?.cancel()
    timers.set(
      key,
      clock.setTimer(delayMs, () => {
        timers.delete(key)
        add(key)
      }),
    )
  }
  const drain = async (): Promise<void> => {
    // Let the change that woke us finish first: several changes of one key then make one pass.
    await Promise.resolve()
    for (const key of waiting) {
      if (isClosed) break
      waiting.delete(key)
      await work(key)
    }
    running = undefined
    if (waiting.size > 0 && !isClosed) running = drain()
  }
  const work = async (key: string): Promise<void> => {
    try {
      const againMs = await reconcile(key)
      failures.delete(key)
      if (againMs !== undefined) later(key, againMs)
    } catch (error) {
      const attempt = failures.get(key) ?? 0
      failures.set(key, attempt + 1)
      logger[attempt > 4 ? 'warn' : 'debug']('reconcile failed, trying again', { controller: name, key, error: messageOf(error) })
      later(key, Math.min(maxRetryMs, firstRetryMs * 2 ** attempt))
    }
  }
  return {
    add,
    async close() {
      isClosed = true
      for (const timer of timers.values()) timer.cancel()
      await running
    },
  }
}
