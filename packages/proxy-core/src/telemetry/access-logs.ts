/** The access logs of the configuration: each compiled when its first record comes, one writer per path. */
import { type Clock, type Logger, messageOf } from '@heddle/base'
import type { AccessLog, FileAccessLog } from '@heddle/routing'
import type { DecisionRecord } from '../decision-record.js'
import { responseFlagBits, type ResponseFlag } from '../response-flag.js'
import { compileAccessLogFormat } from './access-log-format.js'
import type { RecordFormatter } from './access-log-line.js'
import { type AccessLogWriter, createAccessLogWriter } from './access-log-writer.js'

export interface AccessLogs {
  write(record: DecisionRecord): void
  flush(): void
  close(): void
}

interface CompiledLog {
  readonly format: RecordFormatter
  readonly writer: AccessLogWriter
  /** Only records with one of these bits; undefined: all. */
  readonly flags: number | undefined
}

/** Not for a file, or not usable; it was told once. */
const unwritten = Symbol('unwritten')

export function createAccessLogs({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }): AccessLogs {
  const compiled = new WeakMap<AccessLog, CompiledLog | typeof unwritten>()
  const writers = new Map<string, AccessLogWriter>()

  const writerOf = (path: string): AccessLogWriter => {
    let writer = writers.get(path)
    if (!writer) {
      const onFailed = (error: unknown): void => logger.error('access log lines are lost', { path, error: messageOf(error) })
      writers.set(path, (writer = createAccessLogWriter({ path, onFailed }, clock)))
    }
    return writer
  }

  const compile = (log: AccessLog): CompiledLog | typeof unwritten => {
    if (log.sink.kind !== 'file') return unwritten
    try {
      return compileFile(log.sink, log.responseFlags, writerOf)
    } catch (error) {
      logger.error('an access log cannot be written', { path: log.sink.path, error: messageOf(error) })
      return unwritten
    }
  }

  return {
    write(record) {
      for (const log of record.accessLog) {
        let entry = compiled.get(log)
        if (!entry) compiled.set(log, (entry = compile(log)))
        if (entry === unwritten || (entry.flags !== undefined && (entry.flags & record.responseFlags) === 0)) continue
        const line = entry.writer.beginLine()
        if (line === undefined) continue
        entry.format(record, line)
        entry.writer.endLine()
      }
    },
    flush: () => writers.forEach((writer) => writer.flush()),
    close: () => writers.forEach((writer) => writer.close()),
  }
}

function compileFile(
  sink: FileAccessLog,
  responseFlags: readonly string[] | undefined,
  writerOf: (path: string) => AccessLogWriter,
): CompiledLog {
  const format = compileAccessLogFormat(sink.format)
  const flags = responseFlags?.reduce((bits, name) => bits | (responseFlagBits[name as ResponseFlag] ?? 0), 0)
  return { format, writer: writerOf(sink.path), flags }
}
