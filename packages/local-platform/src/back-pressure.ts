/** Writing no faster than the reader reads, so that nothing is buffered without a limit. */
import type { Writable } from 'node:stream'

/** Resolves when the stream takes more, or takes nothing any more. */
export async function writeAll(stream: Writable, data: Uint8Array): Promise<void> {
  if (stream.write(data) || stream.destroyed) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
  })
}
