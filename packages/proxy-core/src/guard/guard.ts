/** Faults of the engine cost what they happened to, never the process: every entry from Node's event loop goes through here. */
import type { Logger } from '@heddle/base'

/** Runs an entry point; what it throws is logged with its place. */
export function guard(logger: Logger, what: string, run: () => void): void {
  try {
    run()
  } catch (error) {
    logger.error('an internal error was contained', {
      what,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  }
}
