/** Access log lines on their way to a file: collected and written in batches, so that a request costs no system call of its own. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Clock, Timer } from '@heddle/base'

export interface AccessLogWriter {
  write(line: string): void
  /** Writes what is collected, now. */
  flush(): void
  close(): void
}

export interface AccessLogWriterOptions {
  /** `/dev/stdout` and `/dev/stderr` are the process's own. */
  readonly path: string
  /** Bytes (UTF-16 units) that start a write. Default: 64 Ki. */
  readonly batchLength?: number
  /** Longest time a line waits. Default: 1 s, as Envoy. */
  readonly flushMs?: number
  /** Lines are dropped above this while the sink does not take them. Default: 8 Mi. */
  readonly limitLength?: number
}

/** @throws the file system's error when the file cannot be opened. */
export function createAccessLogWriter(options: AccessLogWriterOptions, clock: Clock): AccessLogWriter {
  const { path, batchLength = 65_536, flushMs = 1000, limitLength = 8 * 1024 * 1024 } = options
  const isStandard = path === '/dev/stdout' || path === '/dev/stderr'
  const descriptor = path === '/dev/stdout' ? 1 : path === '/dev/stderr' ? 2 : openSync(path, 'a', 0o640)
  let batch = ''
  let timer: Timer | undefined

  const flush = (): void => {
    timer?.cancel()
    timer = undefined
    if (batch === '') return
    const bytes = Buffer.from(batch)
    batch = ''
    try {
      const written = writeSync(descriptor, bytes)
      if (written < bytes.length) batch = bytes.subarray(written).toString() + batch
    } catch (error) {
      // A full pipe takes the lines later; a closed one never will.
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN' && bytes.length < limitLength) batch = bytes.toString() + batch
    }
    if (batch !== '') timer = clock.setTimer(flushMs, flush)
  }
  return {
    write(line) {
      batch += line
      if (batch.length >= batchLength) flush()
      else timer ??= clock.setTimer(flushMs, flush)
    },
    flush,
    close() {
      flush()
      timer?.cancel()
      if (!isStandard) closeSync(descriptor)
    },
  }
}
