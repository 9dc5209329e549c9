/**
 * Holds the body of a request to a lowest speed, on average: a client that sends a byte now and then is never idle, and keeps a
 * connection and an upstream for as long as it likes. Time in which the engine itself did not read is not held against it.
 */

/** So much time is looked at before anything is said of a body. */
export const bodyRateGraceMs = 10_000

export class BodyRate {
  readonly #bytesPerSecond: number
  #lookedMs = 0
  #seenBytes = 0
  #countedMs = 0
  #countedBytes = 0

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  start(nowMs: number, bytes: number): void {
    this.#lookedMs = nowMs
    this.#seenBytes = bytes
    this.#countedMs = 0
    this.#countedBytes = 0
  }

  /** @param bytes all of the body so far. @param isExcused whether reading stopped at any time since the last look. @returns whether the body comes too slowly. */
  isTooSlow(nowMs: number, bytes: number, isExcused: boolean): boolean {
    if (!isExcused) {
      this.#countedMs += nowMs - this.#lookedMs
      this.#countedBytes += bytes - this.#seenBytes
    }
    this.#lookedMs = nowMs
    this.#seenBytes = bytes
    return this.#countedMs >= bodyRateGraceMs && this.#countedBytes * 1000 < this.#bytesPerSecond * this.#countedMs
  }
}
