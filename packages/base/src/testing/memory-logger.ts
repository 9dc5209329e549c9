import type { LogFields, Logger, LogLevel } from '../logger.js'

export interface LogRecord {
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
}

export interface MemoryLogger extends Logger {
  readonly records: readonly LogRecord[]
}

/** Keeps every record, its children's included, for assertions. */
export function createMemoryLogger(): MemoryLogger {
  const records: LogRecord[] = []
  const at = (inherited: LogFields): MemoryLogger => {
    const write =
      (level: LogLevel) =>
      (message: string, fields?: LogFields): void =>
        void records.push({ level, message, fields: { ...inherited, ...fields } })
    return {
      records,
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (fields) => at({ ...inherited, ...fields }),
    }
  }
  return at({})
}
