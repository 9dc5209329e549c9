/** A channel without a socket: what is written is kept as text, and nothing waits. */
import type { Channel, ChannelHandler } from '../../src/transport/channel.js'

const nobody: ChannelHandler = { onData: () => {}, onEnd: () => {}, onClose: () => {}, onDrain: () => {} }

export class MemoryChannel implements Channel {
  handler: ChannelHandler = nobody
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort = 1
  readonly localAddress = '127.0.0.1'
  readonly localPort = 2
  /** Not 0: its peer does not read. */
  pendingBytes = 0
  closed = false
  ended = false
  paused = false
  text = ''

  writeText(latin1: string): boolean {
    if (!this.closed && !this.ended) this.text += latin1
    return this.pendingBytes === 0
  }
  writeBytes(buffer: Buffer, start: number, end: number): boolean {
    return this.writeText(buffer.toString('latin1', start, end))
  }
  giveBytes(buffer: Buffer, length: number): boolean {
    return this.writeBytes(buffer, 0, length)
  }
  limitBuffer(): void {}
  pause(): void {
    this.paused = true
  }
  resume(): void {
    this.paused = false
  }
  end(): void {
    this.ended = true
  }
  destroy(): void {
    if (this.closed) return
    this.closed = true
    this.handler.onClose(undefined)
  }
}
