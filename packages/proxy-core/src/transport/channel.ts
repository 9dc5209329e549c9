/**
 * A byte pipe in both directions, the only thing the rest of the engine knows of sockets. `SocketChannel` puts it over
 * net.Socket and TLSSocket; tests and `inject` use one in memory.
 */
export interface ChannelHandler {
  /** Bytes are valid only during the call. */
  onData(buffer: Buffer, start: number, end: number): void
  /** The peer will send no more; this side may still write. */
  onEnd(): void
  /** Once, last: nothing can be sent or received any more. */
  onClose(error: Error | undefined): void
  onDrain(): void
}

/** What a client's bytes come from. */
export interface InboundChannel extends Channel {
  /** Bytes that were read before whoever handles them was there. */
  received(buffer: Buffer, start: number, end: number): void
}

export interface Channel {
  handler: ChannelHandler
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly closed: boolean
  /** Bytes given to the channel that the kernel has not taken. */
  readonly pendingBytes: number
  /** @returns whether more may be written now; otherwise `onDrain` follows. */
  writeText(latin1: string): boolean
  /** Copies what it cannot send at once. */
  writeBytes(buffer: Buffer, start: number, end: number): boolean
  /** Sends the first bytes of a buffer that the caller gives away, back to the stock it was taken from. */
  giveBytes(buffer: Buffer, length: number): boolean
  pause(): void
  resume(): void
  /** A writer is asked to wait while so many bytes are not sent, and told to go on when half of them are. */
  limitBuffer(bytes: number): void
  /** Sends FIN after what is pending; the peer may still send. */
  end(): void
  /** Ends at once, without waiting for pending bytes. @param reset with RST where the platform can. */
  destroy(reset?: boolean): void
}
