/** Writes one line a record, as tab-separated text in the order istiod uses (time, level, message, fields) or as JSON. */
import type { Clock } from '../clock.js'
import { type LogFields, type Logger, type LogLevel, logLevels } from '../logger.js'
import { systemClock } from './system-clock.js'

export type LogFormat = 'text' | 'json'

export interface StreamLoggerOptions {
  /** Where lines go; the caller owns it. Default: standard error. */
  readonly stream?: { write(line: string): unknown }
  /** Lowest level written. Default: `info`. */
  readonly level?: LogLevel
  /** Default: `text`. */
  readonly format?: LogFormat
  readonly clock?: Clock
}

export function createStreamLogger(options: StreamLoggerOptions = {}): Logger {
  const stream = options.stream ?? process.stderr
  const clock = options.clock ?? systemClock
  const threshold = logLevels.indexOf(options.level ?? 'info')
  const render = options.format === 'json' ? renderJson : renderText

  const at = (inherited: LogFields): Logger => {
    const write =
      (level: LogLevel) =>
      (message: string, fields?: LogFields): void => {
        if (logLevels.indexOf(level) < threshold) return
        stream.write(render(new Date(clock.now()).toISOString(), level, message, { ...inherited, ...fields }))
      }
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (fields) => at({ ...inherited, ...fields }),
    }
  }
  return at({})
}

function renderJson(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return `${JSON.stringify({ time, level, message, ...plain(fields) })}\n`
}

function renderText(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(plain(fields)).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return `${[time, level, message, ...pairs].map(onOneLine).join('\t')}\n`
}

/** What others wrote must not look like a field or a line of its own, nor steer the terminal that shows it. */
function onOneLine(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll(/[\p{Cc}\u2028\u2029]/gu, (control) => {
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function plain(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? value.message : value]))
}
