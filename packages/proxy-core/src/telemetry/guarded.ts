/** What an embedder's telemetry may do to the engine: nothing. */
import type { Logger } from '@heddle/base'
import { containPromise } from '../guard/guarded-deps.js'
import type { Telemetry } from '../telemetry.js'

/** A telemetry that throws loses its record, not the request. Written out: closures a call would show on the hot path. */
export function guarded(telemetry: Telemetry, logger: Logger): Telemetry {
  const failed = (what: string, error: unknown): void => logger.error('telemetry failed', { what, error })
  /** An async one that fails must not end the process. */
  const held = (what: string, result: unknown): void => {
    if (result !== undefined) containPromise(result, (error) => failed(what, error))
  }
  return {
    onRequest(record, headers) {
      try {
        held('onRequest', telemetry.onRequest?.(record, headers))
      } catch (error) {
        failed('onRequest', error)
      }
    },
    onResponse(record, headers) {
      try {
        held('onResponse', telemetry.onResponse?.(record, headers))
      } catch (error) {
        failed('onResponse', error)
      }
    },
    onRequestComplete(record) {
      try {
        held('onRequestComplete', telemetry.onRequestComplete(record))
      } catch (error) {
        failed('onRequestComplete', error)
      }
    },
    onConnectionOpen(connection) {
      try {
        held('onConnectionOpen', telemetry.onConnectionOpen?.(connection))
      } catch (error) {
        failed('onConnectionOpen', error)
      }
    },
    onConnectionComplete(record) {
      try {
        held('onConnectionComplete', telemetry.onConnectionComplete(record))
      } catch (error) {
        failed('onConnectionComplete', error)
      }
    },
  }
}
