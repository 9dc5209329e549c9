/** The route's timeout, over all tries, the timeout of each try, and the longest life of the whole stream, in one entry of the deadline queue. Requests without any have none. */
import type { DeadlineEntry, DeadlineQueue } from '../deadline-queue.js'

export interface TimedRequest {
  onRouteTimeout(): void
  onTryTimeout(): void
  onStreamTimeout(): void
}

export class RequestDeadlines implements DeadlineEntry {
  readonly #queue: DeadlineQueue
  readonly #request: TimedRequest
  heapIndex = -1
  dueMs = 0
  deadlineMs = 0
  /** 0: none, for all. */
  #routeMs = 0
  #tryMs = 0
  #streamMs = 0

  constructor(queue: DeadlineQueue, request: TimedRequest) {
    this.#queue = queue
    this.#request = request
  }

  /** @param deadlineMs on the monotonic clock. */
  startRoute(deadlineMs: number): void {
    this.#routeMs = deadlineMs
    this.#arm()
  }

  /** @param deadlineMs on the monotonic clock. */
  startTry(deadlineMs: number): void {
    this.#tryMs = deadlineMs
    this.#arm()
  }

  /** @param deadlineMs on the monotonic clock. */
  startStream(deadlineMs: number): void {
    this.#streamMs = deadlineMs
    this.#arm()
  }

  endTry(): void {
    this.#tryMs = 0
  }

  end(): void {
    this.#routeMs = 0
    this.#tryMs = 0
    this.#streamMs = 0
    this.#queue.remove(this)
  }

  onDeadline(nowMs: number): void {
    if (this.#streamMs > 0 && nowMs >= this.#streamMs) return this.#request.onStreamTimeout()
    if (this.#routeMs > 0 && nowMs >= this.#routeMs) return this.#request.onRouteTimeout()
    if (this.#tryMs > 0 && nowMs >= this.#tryMs) {
      this.#tryMs = 0
      this.#request.onTryTimeout()
    }
    this.#arm()
  }

  #arm(): void {
    const nextMs = earlier(earlier(this.#routeMs, this.#tryMs), this.#streamMs)
    if (nextMs > 0) this.#queue.set(this, nextMs)
  }
}

/** Of two deadlines; 0 is none. */
function earlier(oneMs: number, otherMs: number): number {
  return oneMs === 0 ? otherMs : otherMs === 0 ? oneMs : Math.min(oneMs, otherMs)
}
