/**
 * Signing is computation on the one thread that also answers health probes: work waits in a queue of bounded length, and a few tasks
 * are begun in each turn of the event loop, with everything else in between.
 */
import { setImmediate } from 'node:timers'

export interface WorkQueue {
  /** Runs `task` in its turn; undefined when the queue is full. */
  add<Result>(task: () => Promise<Result>): Promise<Result> | undefined
}

/**
 * Tasks under way at the same time. A task that waits for nothing ends in the turn in which it began, so this many half milliseconds
 * are the longest pause; it is also how many wait for a remote signer or a disk together.
 */
const maxRunning = 16

export function createWorkQueue(capacity: number): WorkQueue {
  const waiting: (() => Promise<unknown>)[] = []
  let running = 0
  let isScheduled = false

  const schedule = (): void => {
    if (isScheduled || waiting.length === 0 || running >= maxRunning) return
    isScheduled = true
    setImmediate(beginSome)
  }
  const beginSome = (): void => {
    isScheduled = false
    for (let task = waiting.shift(); task; task = running < maxRunning ? waiting.shift() : undefined) begin(task)
  }
  const begin = (task: () => Promise<unknown>): void => {
    running++
    void task().finally(() => {
      running--
      schedule()
    })
  }
  return {
    add(task) {
      if (waiting.length >= capacity) return undefined
      return new Promise((resolve, reject) => {
        waiting.push(() => task().then(resolve, reject))
        schedule()
      })
    },
  }
}
