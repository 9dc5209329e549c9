/** Access log lines on their way to a file: collected and written in batches, so that a request costs no system call of its own. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Clock, Timer } from '@heddle/base'

export interface AccessLogWriter {
  write(line: string): void
  /** Writes what is collected, as far as the sink takes it. */
  flush(): void
  /** Flushes; what the sink does not take now is lost. Idempotent. */
  close(): void
}

export interface AccessLogWriterOptions {
  /** `/dev/stdout` and `/dev/stderr` are the process's own. */
  readonly path: string
  /** UTF-16 units that start a write. Default: 64 Ki. */
  readonly batchLength?: number
  /** Longest time a line waits. Default: 1 s, as Envoy. */
  readonly flushMs?: number
  /** Lines are dropped while this many units and bytes wait for a sink that does not take them. Default: 8 Mi. */
  readonly limitLength?: number
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

/** UTF-8 of one UTF-16 unit. */
const maxBytesPerUnit = 3

class BatchWriter implements AccessLogWriter {
  readonly #options: AccessLogWriterOptions
  readonly #clock: Clock
  readonly #sink: ByteSink
  readonly #batchLength: number
  readonly #limitLength: number
  #batch = ''
  /** Bytes that the sink did not take yet; kept as bytes, since a write may end inside a character. */
  #pending: Buffer | undefined
  #bytes: Buffer | undefined
  #timer: Timer | undefined
  #failed = false
  #closed = false

  constructor(options: AccessLogWriterOptions, clock: Clock, sink: ByteSink) {
    this.#options = options
    this.#clock = clock
    this.#sink = sink
    this.#batchLength = options.batchLength ?? 65_536
    this.#limitLength = options.limitLength ?? 8 * 1024 * 1024
  }

  write(line: string): void {
    if (this.#closed) return
    if (this.#pending !== undefined) {
      // The sink is stuck: the timer tries again, not every line.
      if (this.#pending.length + this.#batch.length + line.length <= this.#limitLength) this.#batch += line
      return
    }
    this.#batch += line
    if (this.#batch.length >= this.#batchLength) this.flush()
    else this.#arm()
  }

  flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#pending !== undefined) this.#pending = this.#send(this.#pending)
    if (this.#pending === undefined && this.#batch !== '') {
      const text = this.#batch
      this.#batch = ''
      const rest = this.#send(this.#encode(text))
      // The encoding buffer is used again by the next batch.
      this.#pending = rest && Buffer.from(rest)
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

  /** Into one buffer of the writer's own, unless an overlong line makes the batch larger than it. */
  #encode(text: string): Buffer {
    if (text.length > this.#batchLength * 2) return Buffer.from(text)
    this.#bytes ??= Buffer.allocUnsafeSlow(this.#batchLength * 2 * maxBytesPerUnit)
    return this.#bytes.subarray(0, this.#bytes.write(text))
  }

  #arm(): void {
    this.#timer ??= this.#clock.setTimer(this.#options.flushMs ?? 1000, () => this.flush())
  }

  /** Gives what is left to send: a full pipe takes it later; what a broken sink refuses is lost. */
  #send(bytes: Buffer): Buffer | undefined {
    try {
      const written = this.#sink.write(bytes)
      this.#failed = false
      return written < bytes.length ? bytes.subarray(written) : undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return bytes
      if (!this.#failed) this.#options.onFailed?.(error)
      this.#failed = true
      return undefined
    }
  }
}
