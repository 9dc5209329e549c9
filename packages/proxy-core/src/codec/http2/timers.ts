/** The deadlines of one connection, in one entry of the deadline queue. */
import type { DeadlineEntry, DeadlineQueue } from '../../deadline-queue.js'

export const timer = {
  /** The peer's SETTINGS, and its acknowledgement of ours. */
  settings: 0,
  headerBlock: 1,
  idle: 2,
  keepAlive: 3,
  pong: 4,
  /** Between the two GOAWAYs. */
  drain: 5,
  /** For the peer to close. */
  close: 6,
  /** To look for streams that do not move. */
  sweep: 7,
  /** For requests that failed while they were being written. */
  failures: 8,
} as const

const timers = 9

export class ConnectionTimers implements DeadlineEntry {
  readonly #queue: DeadlineQueue
  readonly #onTimer: (kind: number) => void
  readonly #dueMs = new Float64Array(timers)
  heapIndex = -1
  dueMs = 0
  deadlineMs = 0

  constructor(queue: DeadlineQueue, onTimer: (kind: number) => void) {
    this.#queue = queue
    this.#onTimer = onTimer
  }

  isSet(kind: number): boolean {
    return this.#dueMs[kind] !== 0
  }

  set(kind: number, atMs: number): void {
    // 0 stands for none.
    const dueMs = Math.max(atMs, 1)
    this.#dueMs[kind] = dueMs
    if (this.heapIndex < 0 || this.dueMs > dueMs) this.#queue.set(this, dueMs)
  }

  /** The queue looks at the entry once in vain, which is cheaper than to take it out. */
  clear(kind: number): void {
    this.#dueMs[kind] = 0
  }

  close(): void {
    this.#dueMs.fill(0)
    this.#queue.remove(this)
  }

  onDeadline(nowMs: number): void {
    for (let kind = 0; kind < timers; kind++) {
      const dueMs = this.#dueMs[kind] as number
      if (dueMs === 0 || dueMs > nowMs) continue
      this.#dueMs[kind] = 0
      this.#onTimer(kind)
    }
    let nextMs = Infinity
    for (const dueMs of this.#dueMs) if (dueMs > 0 && dueMs < nextMs) nextMs = dueMs
    if (nextMs < Infinity) this.#queue.set(this, nextMs)
  }
}
