/**
 * Reading a container's log file, as `kubectl logs` asks for it. The file holds the program's bytes and nothing else, so
 * there is no time per line: `timestamps` puts the time before lines that arrive while following, and the time at which
 * the file was last written before all earlier ones; `sinceSeconds` looks at that time alone.
 */
import { watch } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import type { Clock } from '@heddle/base'

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

/** `isRunning` says whether more can come; it is asked each time the end of the file is reached. */
export async function* readLog(
  path: string,
  options: LogOptions,
  source: { readonly isRunning: () => boolean; readonly clock: Clock },
): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return
  try {
    yield* limited(readFrom(file, path, options, source), options)
  } finally {
    await file.close()
  }
}

async function* readFrom(
  file: FileHandle,
  path: string,
  options: LogOptions,
  source: Parameters<typeof readLog>[2],
): AsyncGenerator<Uint8Array> {
  const { size, mtimeMs } = await file.stat()
  const isOld = mtimeMs < sinceMs(options, source.clock)
  let position = isOld ? size : await startOfTail(file, size, options.tailLines)
  const stamp = options.timestamps ? createStamper() : undefined
  let time = new Date(mtimeMs).toISOString()
  for (;;) {
    const wasRunning = source.isRunning()
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position)
      if (bytesRead === 0) break
      position += bytesRead
      const bytes = buffer.subarray(0, bytesRead)
      yield stamp ? stamp(bytes, time) : bytes
    }
    if (!options.follow || !wasRunning || options.signal?.aborted) return
    await changed(path, options.signal, source)
    time = new Date(source.clock.now()).toISOString()
  }
}

function sinceMs(options: LogOptions, clock: Clock): number {
  if (options.sinceSeconds !== undefined) return clock.now() - options.sinceSeconds * 1000
  return options.sinceTime === undefined ? 0 : Date.parse(options.sinceTime)
}

/** Byte offset of the last `lines` lines; the whole file without a number. */
async function startOfTail(file: FileHandle, size: number, lines: number | undefined): Promise<number> {
  if (lines === undefined) return 0
  if (lines <= 0) return size
  let found = 0
  let end = size
  while (end > 0) {
    const start = Math.max(0, end - chunkBytes)
    const buffer = Buffer.alloc(end - start)
    await file.read(buffer, 0, buffer.length, start)
    for (let index = buffer.length - 1; index >= 0; index--) {
      // The newline that ends the last line does not begin one.
      if (buffer[index] !== newline || start + index === size - 1) continue
      if (++found >= lines) return start + index + 1
    }
    end = start
  }
  return 0
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
function changed(path: string, signal: AbortSignal | undefined, source: Parameters<typeof readLog>[2]): Promise<void> {
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
