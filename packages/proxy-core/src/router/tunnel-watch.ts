/** Ends a tunnel in which nothing moves (Envoy's stream idle timeout), sooner when its upstream has said everything. */
import type { Clock } from '@heddle/base'
import type { DeadlineEntry, DeadlineQueue } from '../deadline-queue.js'

/** Without a byte from the client of a tunnel whose upstream has ended its direction. */
const halfTunnelMs = 60_000

export class TunnelWatch implements DeadlineEntry {
  readonly #queue: DeadlineQueue
  readonly #clock: Clock
  readonly #onIdle: () => void
  #idleMs: number
  heapIndex = -1
  dueMs = 0
  deadlineMs = 0

  /** @param idleMs 0: for ever. */
  constructor(queue: DeadlineQueue, clock: Clock, idleMs: number, onIdle: () => void) {
    this.#queue = queue
    this.#clock = clock
    this.#idleMs = idleMs
    this.#onIdle = onIdle
    this.touch()
  }

  /** Bytes passed. */
  touch(): void {
    if (this.#idleMs > 0) this.#queue.set(this, this.#clock.monotonicMs() + this.#idleMs)
  }

  /** The upstream has ended its direction: a client that neither sends nor closes must not hold its connection for ever. */
  halve(): void {
    this.#idleMs = this.#idleMs === 0 ? halfTunnelMs : Math.min(this.#idleMs, halfTunnelMs)
    this.#queue.remove(this)
    this.touch()
  }

  end(): void {
    this.#queue.remove(this)
  }

  onDeadline(): void {
    this.#onIdle()
  }
}
