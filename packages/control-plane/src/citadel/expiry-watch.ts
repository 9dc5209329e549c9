/** Says in the log that the authority comes to its end, once a day while that only warns and every hour once it is critical: silent expiry is the classic outage of a mesh. */
import { type Clock, type Logger, setWallTimer, type Timer } from '@heddle/base'
import type { Ca } from '@heddle/ca'

const lookMs = 3_600_000

/** Looks at once; returns what ends it. */
export function watchExpiry(ca: Pick<Ca, 'alarms'>, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }): () => void {
  let said = ''
  let timer: Timer
  const look = (): void => {
    const alarms = ca.alarms()
    // A message says how much time is left, in days while there are some: so a warning comes once a day.
    const text = alarms.map(({ message }) => message).join()
    const isCritical = alarms.some(({ severity }) => severity === 'critical')
    if (text !== said || isCritical) for (const { severity, message } of alarms) logger[severity === 'critical' ? 'error' : 'warn'](message)
    said = text
    timer = setWallTimer(clock, lookMs, look)
  }
  look()
  return () => timer.cancel()
}
