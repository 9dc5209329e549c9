/**
 * Signing is computation on the one thread that also answers health probes: work waits in a queue of bounded length and is done in
 * slices of a few milliseconds, with everything else in between.
 */
import { setImmediate } from 'node:timers'
import type { Clock } from '@heddle/base'

export interface WorkQueue {
  /** Runs `task` in its turn; undefined when the queue is full. */
  add<Result>(task: () => Promise<Result>): Promise<Result> | undefined
  readonly length: number
}

/** Work in one go before others have their turn. */
const sliceMs = 10
/** Tasks that wait for something else (a remote signer, a disk) at the same time. */
const maxRunning = 256

export function createWorkQueue(capacity: number, clock: Clock): WorkQueue {
  const waiting: (() => Promise<unknown>)[] = []
  let running = 0
  let isScheduled = false

  const schedule = (): void => {
    if (isScheduled || waiting.length === 0 || running >= maxRunning) return
    isScheduled = true
    setImmediate(runSlice)
  }
  const runSlice = (): void => {
    isScheduled = false
    const endMs = clock.monotonicMs() + sliceMs
    // At least one each time, whatever the clock says.
    do run(waiting.shift())
    while (waiting.length > 0 && running < maxRunning && clock.monotonicMs() < endMs)
    schedule()
  }
  const run = (task: (() => Promise<unknown>) | undefined): void => {
    if (!task) return
    running++
    void task().finally(() => {
      running--
      schedule()
    })
  }
  return {
    get length() {
      return waiting.length
    },
    add(task) {
      if (waiting.length >= capacity) return undefined
      return new Promise((resolve, reject) => {
        waiting.push(() => task().then(resolve, reject))
        schedule()
      })
    },
  }
}
