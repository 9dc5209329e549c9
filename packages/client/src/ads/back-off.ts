/** Waiting times between attempts: exponential with full jitter (gRFC A57), from a floor so that a herd spreads out. */
import type { Random } from '@heddle/base'

export interface BackOffOptions {
  readonly baseMs: number
  readonly maxMs: number
}

export interface BackOff {
  /** The next time to wait. */
  nextMs(): number
  /** Starts over; to be called after a response was received, not after a mere connection. */
  reset(): void
}

export function createBackOff({ baseMs, maxMs }: BackOffOptions, random: Random): BackOff {
  let attempt = 0
  return {
    nextMs() {
      const ceilingMs = Math.min(maxMs, baseMs * 1.6 ** attempt++)
      return ceilingMs * (0.5 + random.next() / 2)
    },
    reset() {
      attempt = 0
    },
  }
}
