/**
 * Deadlines of connections and requests, lazily: an entry keeps its place in the heap when its deadline moves later and
 * is only looked at again when that place comes up. A request that starts and ends between costs one store.
 */
import { type Clock, type Logger, silentLogger, type Timer } from '@heddle/base'
import { guard } from './guard/guard.js'

export interface DeadlineEntry {
  /** Place in the heap; -1 when outside. The queue writes it. */
  heapIndex: number
  /** When the queue will look at the entry; the queue writes it. */
  dueMs: number
  /** The real deadline on the monotonic clock; 0: none. */
  deadlineMs: number
  /** The deadline has passed. The entry may set a new one. */
  onDeadline(nowMs: number): void
}

export class DeadlineQueue {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #heap: DeadlineEntry[] = []
  #timer: Timer | undefined
  #timerDueMs = Infinity

  constructor(clock: Clock, logger: Logger = silentLogger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Sets or moves the deadline of an entry. */
  set(entry: DeadlineEntry, deadlineMs: number): void {
    entry.deadlineMs = deadlineMs
    if (deadlineMs === 0 || (entry.heapIndex >= 0 && entry.dueMs <= deadlineMs)) return
    entry.dueMs = deadlineMs
    if (entry.heapIndex < 0) {
      entry.heapIndex = this.#heap.length
      this.#heap.push(entry)
    }
    this.#up(entry.heapIndex)
    this.#arm()
  }

  /** Takes the entry out, so that nothing holds on to it. */
  remove(entry: DeadlineEntry): void {
    entry.deadlineMs = 0
    const index = entry.heapIndex
    if (index < 0) return
    const last = this.#heap.pop() as DeadlineEntry
    entry.heapIndex = -1
    if (last === entry) return
    this.#place(last, index)
    this.#up(index)
    this.#down(last.heapIndex)
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const entry of this.#heap) entry.heapIndex = -1
    this.#heap.length = 0
  }

  #arm(): void {
    const first = this.#heap[0]
    if (first === undefined || first.dueMs >= this.#timerDueMs) return
    this.#timer?.cancel()
    this.#timerDueMs = first.dueMs
    this.#timer = this.#clock.setTimer(Math.max(0, Math.ceil(first.dueMs - this.#clock.monotonicMs())), () => this.#fire())
  }

  #fire(): void {
    this.#timerDueMs = Infinity
    this.#timer = undefined
    const nowMs = this.#clock.monotonicMs()
    for (let first = this.#heap[0]; first !== undefined && first.dueMs <= nowMs; first = this.#heap[0]) {
      const { deadlineMs } = first
      if (deadlineMs > nowMs) {
        first.dueMs = deadlineMs
        this.#down(0)
        continue
      }
      this.remove(first)
      if (deadlineMs > 0) guard(this.#logger, 'deadline', () => first.onDeadline(nowMs))
    }
    this.#arm()
  }

  #place(entry: DeadlineEntry, index: number): void {
    this.#heap[index] = entry
    entry.heapIndex = index
  }

  #up(start: number): void {
    const entry = this.#heap[start] as DeadlineEntry
    let index = start
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = this.#heap[parentIndex] as DeadlineEntry
      if (parent.dueMs <= entry.dueMs) break
      this.#place(parent, index)
      index = parentIndex
    }
    this.#place(entry, index)
  }

  #down(start: number): void {
    const entry = this.#heap[start] as DeadlineEntry
    let index = start
    for (;;) {
      let child = index * 2 + 1
      const left = this.#heap[child]
      if (left === undefined) break
      const right = this.#heap[child + 1]
      if (right !== undefined && right.dueMs < left.dueMs) child++
      const smaller = this.#heap[child] as DeadlineEntry
      if (smaller.dueMs >= entry.dueMs) break
      this.#place(smaller, index)
      index = child
    }
    this.#place(entry, index)
  }
}
