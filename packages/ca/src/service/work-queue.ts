/**
 * Signing is computation on the one thread that also answers health probes: work waits in a queue of bounded length, and a few tasks
 * are begun in each turn of the event loop, with everything else in between.
 */
import { setImmediate } from 'node:timers'

export interface WorkQueue {
  /** Runs `task` in its turn; undefined when the queue is full. */
  add<Result>(task: () => Promise<Result>): Promise<Result> | undefined
}

/** Tasks begun in one turn: one that waits for nothing ends in it, so this many half milliseconds are the longest pause. */
const maxBegunAtOnce = 4
/**
 * Tasks under way at the same time, nearly all of which wait for a disk, a remote signer or an API server's word on a token: many more
 * than are begun at once, so that those whose answer does not come hold up nobody else.
 */
const maxRunning = 1024

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
    for (let begun = 0; begun < maxBegunAtOnce && running < maxRunning; begun++) {
      const task = waiting.shift()
      if (!task) return
      begin(task)
    }
    schedule()
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
