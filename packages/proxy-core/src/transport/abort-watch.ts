/**
 * Finds connections that the peer has reset while nobody reads them: those that are paused for back-pressure, and those whose
 * peer has ended its direction. The kernel tells of a reset at the next read or write only, so these are asked for
 * their peer from time to time. Connections that are read cost nothing, and without any other kind no timer runs.
 */
import type { Clock, Timer } from '@heddle/base'

interface Watched {
  /** Must not throw. */
  probe(): void
}

/** Between two looks: a reset is passed on within 100 ms. */
const abortLookMs = 50

export class AbortWatch {
  readonly #clock: Clock
  readonly #unread = new Set<Watched>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(channel: Watched): void {
    this.#unread.add(channel)
    this.#timer ??= this.#clock.setTimer(abortLookMs, () => this.#look())
  }

  delete(channel: Watched): void {
    this.#unread.delete(channel)
  }

  #look(): void {
    this.#timer = undefined
    for (const channel of this.#unread) channel.probe()
    if (this.#unread.size > 0) this.#timer = this.#clock.setTimer(abortLookMs, () => this.#look())
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#unread.clear()
  }
}
