/**
 * Reading a container's log file, as `kubectl logs` asks for it. The file holds the program's bytes and nothing else, so
 * there is no time per line: `timestamps` puts the time before lines that arrive while following, and the time at which
 * the file was last written before all earlier ones; `sinceSeconds` looks at that time alone. What was turned away from a
 * long log is read before it, and a reader that follows goes on across the turn.
 */
import { watch } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import type { Clock } from '@heddle/base'
import { turnedPath } from './container-log-files.js'

export interface LogOptions {
  readonly follow?: boolean
  readonly previous?: boolean
  readonly tailLines?: number
  readonly sinceSeconds?: number
  readonly sinceTime?: string
  readonly timestamps?: boolean
  readonly limitBytes?: number
  readonly signal?: AbortSignal
}

const chunkBytes = 65_536
const newline = 0x0a

export interface LogSource {
  /** Whether more can come; asked each time the end of the file is reached. */
  readonly isRunning: () => boolean
  /** How often the file has been turned: its text moved beside it, and itself emptied. */
  readonly turns: () => number
  readonly clock: Clock
}

export async function* readLog(path: string, options: LogOptions, source: LogSource): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return
  try {
    yield* limited(readFrom(file, path, options, source), options)
  } finally {
    await file.close()
  }
}

async function* readFrom(file: FileHandle, path: string, options: LogOptions, source: LogSource): AsyncGenerator<Uint8Array> {
  let turns = source.turns()
  const { size, mtimeMs } = await file.stat()
  const isOld = mtimeMs < sinceMs(options, source.clock)
  const tail = isOld ? { start: size, missing: 0 } : await startOfTail(file, size, options.tailLines)
  let position = tail.start
  const stamp = options.timestamps ? createStamper() : undefined
  const shown = (bytes: Uint8Array, time: string): Uint8Array => (stamp ? stamp(bytes, time) : bytes)
  let time = new Date(mtimeMs).toISOString()
  if (tail.missing > 0) for await (const part of turnedTail(path, tail.missing, options, source)) yield shown(part.bytes, part.time)
  for (;;) {
    const wasRunning = source.isRunning()
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position)
      if (source.turns() !== turns) {
        // What was just read may be of the emptied file; the rest of the text before lies beside it.
        const isNext = source.turns() === turns + 1
        turns = source.turns()
        for await (const bytes of partOf(turnedPath(path), isNext ? position : 0)) yield shown(bytes, time)
        position = 0
        continue
      }
      if (bytesRead === 0) break
      position += bytesRead
      yield shown(buffer.subarray(0, bytesRead), time)
    }
    if (!options.follow || !wasRunning || options.signal?.aborted) return
    await changed(path, options.signal, source)
    time = new Date(source.clock.now()).toISOString()
  }
}

/** The last lines of what was turned away. */
async function* turnedTail(
  path: string,
  lines: number,
  options: LogOptions,
  { clock }: LogSource,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly time: string }> {
  const file = await open(turnedPath(path), 'r').catch(() => undefined)
  if (!file) return
  let start: number
  let time: string
  try {
    const { size, mtimeMs } = await file.stat()
    if (mtimeMs < sinceMs(options, clock)) return
    start = (await startOfTail(file, size, lines === Number.POSITIVE_INFINITY ? undefined : lines)).start
    time = new Date(mtimeMs).toISOString()
  } finally {
    await file.close()
  }
  for await (const bytes of partOf(turnedPath(path), start)) yield { bytes, time }
}

async function* partOf(path: string, start: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return
  try {
    for (let position = start; ;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position)
      if (bytesRead === 0) return
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

function sinceMs(options: LogOptions, clock: Clock): number {
  if (options.sinceSeconds !== undefined) return clock.now() - options.sinceSeconds * 1000
  return options.sinceTime === undefined ? 0 : Date.parse(options.sinceTime)
}

interface Tail {
  /** Byte offset of the first wanted line. */
  readonly start: number
  /** Lines that the file lacks; infinity when all are wanted. */
  readonly missing: number
}

/** Where the last `lines` lines begin; the whole file without a number. */
async function startOfTail(file: FileHandle, size: number, lines: number | undefined): Promise<Tail> {
  if (lines === undefined) return { start: 0, missing: Number.POSITIVE_INFINITY }
  if (lines <= 0) return { start: size, missing: 0 }
  let found = 0
  let end = size
  while (end > 0) {
    const start = Math.max(0, end - chunkBytes)
    const buffer = Buffer.alloc(end - start)
    await file.read(buffer, 0, buffer.length, start)
    for (let index = buffer.length - 1; index >= 0; index--) {
      // The newline that ends the last line does not begin one.
      if (buffer[index] !== newline || start + index === size - 1) continue
      if (++found >= lines) return { start: start + index + 1, missing: 0 }
    }
    end = start
  }
  return { start: 0, missing: lines - found - (size > 0 ? 1 : 0) }
}

function createStamper(): (bytes: Uint8Array, time: string) => Uint8Array {
  let atLineStart = true
  return (bytes, time) => {
    const parts: Uint8Array[] = []
    const prefix = Buffer.from(`${time} `)
    let start = 0
    while (start < bytes.length) {
      const end = bytes.indexOf(newline, start)
      if (atLineStart) parts.push(prefix)
      parts.push(bytes.subarray(start, end < 0 ? bytes.length : end + 1))
      atLineStart = end >= 0
      start = end < 0 ? bytes.length : end + 1
    }
    return Buffer.concat(parts)
  }
}

const pollMs = 250

/** Resolves when the file may have grown or the reader left; the timer covers the container's end and file systems without notification. */
function changed(path: string, signal: AbortSignal | undefined, source: LogSource): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(path, () => finish())
    const finish = (): void => {
      watcher.close()
      timer.cancel()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = source.clock.setTimer(pollMs, finish)
    watcher.on('error', finish)
    signal?.addEventListener('abort', finish, { once: true })
  })
}

async function* limited(chunks: AsyncIterable<Uint8Array>, { limitBytes }: LogOptions): AsyncGenerator<Uint8Array> {
  let left = limitBytes ?? Number.POSITIVE_INFINITY
  for await (const chunk of chunks) {
    if (chunk.length >= left) {
      yield chunk.subarray(0, left)
      return
    }
    left -= chunk.length
    yield chunk
  }
}
