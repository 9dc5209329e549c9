/** Access log lines on their way to a file: collected and written in batches, so that a request costs no system call of its own. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Clock, Timer } from '@heddle/base'
import { LogBytes } from './log-bytes.js'

export interface AccessLogWriter {
  /** @returns where the next line is put, followed by `endLine`; undefined when it is to be dropped. A line that is begun and not ended is taken away. */
  beginLine(): LogBytes | undefined
  endLine(): void
  /** Writes what is collected, as far as the sink takes it. */
  flush(): void
  /** Flushes; what the sink does not take now is lost. Idempotent. */
  close(): void
}

export interface AccessLogWriterOptions {
  /** `/dev/stdout` and `/dev/stderr` are the process's own. */
  readonly path: string
  /** Bytes that start a write. Default: 64 KiB. */
  readonly batchBytes?: number
  /** Longest time a line waits. Default: 1 s, as Envoy. */
  readonly flushMs?: number
  /** Lines are dropped while this many bytes wait for a sink that does not take them. Default: 8 MiB. */
  readonly limitBytes?: number
  /** Called once when the sink breaks (full disk, closed pipe), and again after it worked in between. */
  readonly onFailed?: (error: unknown) => void
}

/** Where the bytes go. */
export interface ByteSink {
  /** @returns how many were taken. @throws EAGAIN when it takes none now. */
  write(bytes: Buffer): number
  close(): void
}

/** @throws the file system's error when the file cannot be opened. */
export function openFileSink(path: string): ByteSink {
  if (path === '/dev/stdout' || path === '/dev/stderr') {
    const descriptor = path === '/dev/stdout' ? 1 : 2
    return { write: (bytes) => writeSync(descriptor, bytes), close: () => {} }
  }
  const descriptor = openSync(path, 'a', 0o640)
  return { write: (bytes) => writeSync(descriptor, bytes), close: () => closeSync(descriptor) }
}

/** @param sink is closed with the writer. @throws the file system's error when the file cannot be opened. */
export function createAccessLogWriter(
  options: AccessLogWriterOptions,
  clock: Clock,
  sink: ByteSink = openFileSink(options.path),
): AccessLogWriter {
  return new BatchWriter(options, clock, sink)
}

/** A proxy that serves little keeps little. */
const firstBytes = 4096

class BatchWriter implements AccessLogWriter {
  readonly #options: AccessLogWriterOptions
  readonly #clock: Clock
  readonly #sink: ByteSink
  readonly #batchBytes: number
  readonly #limitBytes: number
  readonly #batch: LogBytes
  /** Where the last whole line ends. */
  #ended = 0
  /** Bytes that the sink did not take yet. */
  #pending: Buffer | undefined
  #timer: Timer | undefined
  #failed = false
  #closed = false

  constructor(options: AccessLogWriterOptions, clock: Clock, sink: ByteSink) {
    this.#options = options
    this.#clock = clock
    this.#sink = sink
    this.#batchBytes = options.batchBytes ?? 65_536
    this.#limitBytes = options.limitBytes ?? 8 * 1024 * 1024
    this.#batch = new LogBytes(Math.min(this.#batchBytes, firstBytes), this.#batchBytes * 2)
  }

  beginLine(): LogBytes | undefined {
    if (this.#closed) return undefined
    if (this.#pending !== undefined && this.#pending.length + this.#ended >= this.#limitBytes) return undefined
    this.#batch.length = this.#ended
    return this.#batch
  }

  endLine(): void {
    this.#ended = this.#batch.length
    // While the sink is stuck the timer tries again, not every line.
    if (this.#pending !== undefined) return
    if (this.#ended >= this.#batchBytes) this.flush()
    else this.#arm()
  }

  flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#pending !== undefined) this.#pending = this.#send(this.#pending)
    if (this.#pending === undefined && this.#ended > 0) {
      this.#batch.length = this.#ended
      const rest = this.#send(this.#batch.view())
      // The batch's memory is used again.
      this.#pending = rest && Buffer.from(rest)
      this.#batch.clear()
      this.#ended = 0
    }
    if (this.#pending !== undefined) this.#arm()
  }

  close(): void {
    if (this.#closed) return
    this.flush()
    this.#closed = true
    this.#timer?.cancel()
    this.#sink.close()
  }

  #arm(): void {
    this.#timer ??= this.#clock.setTimer(this.#options.flushMs ?? 1000, () => this.flush())
  }

  /** Also from a timer, where nobody catches. */
  #tell(error: unknown): void {
    try {
      this.#options.onFailed?.(error)
    } catch {
      // The lines are lost, and so is the word about it.
    }
  }

  /** Gives what is left to send: a full pipe takes it later; what a broken sink refuses is lost. */
  #send(bytes: Buffer): Buffer | undefined {
    try {
      const written = this.#sink.write(bytes)
      this.#failed = false
      return written < bytes.length ? bytes.subarray(written) : undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return bytes
      const isNews = !this.#failed
      this.#failed = true
      if (isNews) this.#tell(error)
      return undefined
    }
  }
}
