/** The route's timeout, over all tries, and the timeout of each try, in one entry of the deadline queue. Requests without either have none. */
import type { DeadlineEntry, DeadlineQueue } from '../deadline-queue.js'

export interface TimedRequest {
  onRouteTimeout(): void
  onTryTimeout(): void
}

export class RequestDeadlines implements DeadlineEntry {
  readonly #queue: DeadlineQueue
  readonly #request: TimedRequest
  heapIndex = -1
  dueMs = 0
  deadlineMs = 0
  /** 0: none, for both. */
  #routeMs = 0
  #tryMs = 0

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

  endTry(): void {
    this.#tryMs = 0
  }

  end(): void {
    this.#routeMs = 0
    this.#tryMs = 0
    this.#queue.remove(this)
  }

  onDeadline(nowMs: number): void {
    if (this.#routeMs > 0 && nowMs >= this.#routeMs) return this.#request.onRouteTimeout()
    if (this.#tryMs > 0 && nowMs >= this.#tryMs) {
      this.#tryMs = 0
      this.#request.onTryTimeout()
    }
    this.#arm()
  }

  #arm(): void {
    const next = this.#routeMs === 0 ? this.#tryMs : this.#tryMs === 0 ? this.#routeMs : Math.min(this.#routeMs, this.#tryMs)
    if (next > 0) this.#queue.set(this, next)
  }
}
