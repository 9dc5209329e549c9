/** When a container that ended may start again: at once the first time, then after 10 s doubling to 300 s, as the kubelet does; ten good minutes reset it. */
export interface RestartBackoff {
  /** Milliseconds to wait before the restart; call it once per end of the container. */
  next(ranMs: number): number
}

const firstDelayMs = 10_000
const maxDelayMs = 300_000
const resetAfterMs = 600_000

export function createRestartBackoff(): RestartBackoff {
  let nextMs = 0
  return {
    next(ranMs) {
      if (ranMs >= resetAfterMs) nextMs = 0
      const delayMs = nextMs
      nextMs = nextMs === 0 ? firstDelayMs : Math.min(nextMs * 2, maxDelayMs)
      return delayMs
    },
  }
}
