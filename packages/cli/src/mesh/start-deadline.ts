/** How long a mesh may take to start: somebody waits at a terminal, and what does not start by then rarely does. */
import { type Clock, HeddleError } from '@heddle/base'

export const startDeadlineMs = 60_000

export interface StartDeadline {
  /** Aborts with the user's signal, or with HEDDLE_CLI_TIMEOUT. */
  readonly signal: AbortSignal
  cancel(): void
}

/** @param hint where to look for what keeps the mesh. */
export function createStartDeadline(user: AbortSignal, hint: string, clock: Clock): StartDeadline {
  const abort = new AbortController()
  const timer = clock.setTimer(
    startDeadlineMs,
    () =>
      abort.abort(
        new HeddleError({ code: 'HEDDLE_CLI_TIMEOUT', message: `the mesh did not answer within ${startDeadlineMs / 1000} s`, hint }),
      ),
    { keepAlive: true },
  )
  const onAbort = (): void => abort.abort(user.reason)
  if (user.aborted) onAbort()
  else user.addEventListener('abort', onAbort, { once: true })
  return {
    signal: abort.signal,
    cancel: () => {
      timer.cancel()
      user.removeEventListener('abort', onAbort)
    },
  }
}
