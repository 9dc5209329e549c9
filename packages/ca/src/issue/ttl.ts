/** Lifetimes: nothing, zero or less means the default, more than the maximum means the maximum. Never more than asked for otherwise. */

export interface TtlLimits {
  readonly defaultSeconds: number
  readonly maxSeconds: number
}

/** @param asked seconds; a bigint because the protocol carries 64 bits. */
export function resolveTtlSeconds(asked: number | bigint | undefined, limits: TtlLimits): number {
  if (typeof asked === 'bigint')
    return asked <= 0n ? limits.defaultSeconds : asked >= BigInt(limits.maxSeconds) ? limits.maxSeconds : Number(asked)
  if (asked === undefined || Number.isNaN(asked) || asked <= 0) return limits.defaultSeconds
  return Math.min(Math.max(1, Math.floor(asked)), limits.maxSeconds)
}
