/**
 * What may still be sent on the connection (RFC 9113 section 6.9), and the streams whose own windows are open while this
 * one is not. When it opens they go on in turn, a frame each, so that none starves the others.
 */
import { defaultWindow, largestWindow } from './frame-types.js'
import type { Http2Stream } from './stream.js'

export class SendWindow {
  /** Bytes. */
  left: number = defaultWindow
  readonly #waiting: Http2Stream[] = []

  /** The stream goes on when this window opens. */
  await(stream: Http2Stream): void {
    if (stream.awaitsConnection) return
    stream.awaitsConnection = true
    this.#waiting.push(stream)
  }

  /** The peer has given more. @returns whether that is still a window. */
  grow(bytes: number): boolean {
    this.left += bytes
    if (this.left > largestWindow) return false
    while (this.left > 0) {
      const stream = this.#waiting.shift()
      if (stream === undefined) break
      stream.awaitsConnection = false
      if (!stream.closed && stream.pump(1)) this.await(stream)
    }
    return true
  }
}
