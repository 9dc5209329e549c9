/** Token buckets: one for each caller, one for all. A caller that floods is refused alone; a flood of callers is refused as a whole. */
import type { Clock } from '@heddle/base'

export interface RateLimit {
  /** Requests in one go. */
  readonly burst: number
  readonly perSecond: number
}

export interface RateLimiter {
  /** Takes one token for `key`: 0, or in how many milliseconds there will be one. */
  take(key: string): number
}

interface Bucket {
  tokens: number
  atMs: number
}

const maxCallers = 10_000

export function createRateLimiter(perCaller: RateLimit, overall: RateLimit, clock: Clock): RateLimiter {
  const all: Bucket = { tokens: overall.burst, atMs: clock.monotonicMs() }
  const callers = new Map<string, Bucket>()
  const bucketOf = (key: string, nowMs: number): Bucket => {
    const bucket = callers.get(key) ?? { tokens: perCaller.burst, atMs: nowMs }
    // Re-inserting keeps the map in order of use, so the one dropped is the one that has been quiet the longest.
    callers.delete(key)
    if (callers.size >= maxCallers) callers.delete(callers.keys().next().value as string)
    callers.set(key, bucket)
    return bucket
  }
  return {
    take(key) {
      const nowMs = clock.monotonicMs()
      const bucket = bucketOf(key, nowMs)
      refill(bucket, perCaller, nowMs)
      refill(all, overall, nowMs)
      if (bucket.tokens < 1 || all.tokens < 1) return Math.ceil(Math.max(waitMs(bucket, perCaller), waitMs(all, overall)))
      bucket.tokens -= 1
      all.tokens -= 1
      return 0
    },
  }
}

function waitMs({ tokens }: Bucket, { perSecond }: RateLimit): number {
  return tokens >= 1 ? 0 : Math.max(1, ((1 - tokens) / perSecond) * 1000)
}

function refill(bucket: Bucket, limit: RateLimit, nowMs: number): void {
  bucket.tokens = Math.min(limit.burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * limit.perSecond)
  bucket.atMs = nowMs
}
