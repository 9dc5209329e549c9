/** Who owns the server's side of a connection, what it chooses for it, and what it is told. */
import type { RequestEvents } from '../stream.js'
import type { HeadLimits } from './head-parser.js'
import type { Http1ServerConnection } from './server-connection.js'

/**
 * What a connection waits for; deadlines go by it.
 *
 *     idle -> head -> request -> idle
 *                        |-> half-closed -> request (the client reads on)
 *     any of them -> closing
 *
 * `half-closed`: the client has sent its FIN and waits for an answer, or is gone; only time tells. A refused head never becomes a request.
 */
export type Http1Phase = 'idle' | 'head' | 'request' | 'half-closed' | 'closing'

export interface ServerCodecOptions {
  readonly limits: HeadLimits
  /** Whether underscore twins of framing fields are refused (edge) or dropped. */
  readonly rejectUnderscores: boolean
  /** Whether absolute form is for this proxy (explicit proxying). */
  readonly forwardProxy: boolean
  /** Whether CONNECT may be asked for; else it is 405. */
  readonly acceptsConnect: boolean
  /** The host of HTTP/1.0 requests that name none; undefined: they are refused. */
  readonly defaultHost: string | undefined
  /** Whether HTTP/1.0 is refused with 426. */
  readonly refusesHttp10: boolean
}

/** Who owns the connection: it makes the exchanges and keeps the deadlines. */
export interface ServerConnectionOwner {
  /** A whole, sound head. @returns where the rest goes. */
  onRequest(stream: Http1ServerConnection): RequestEvents
  /** Whether the current request may become a tunnel of this protocol. */
  acceptsUpgrade(type: string): boolean
  /** A head that cannot be served; the owner answers through `refuse` and reports it. */
  onBadRequest(stream: Http1ServerConnection, status: number, reason: string): void
  /** The HTTP/2 preface. The owner may take the channel over; @returns whether it did. */
  onHttp2Preface(buffer: Buffer, start: number, end: number): boolean
  onPhase(phase: Http1Phase): void
  onConnectionClosed(): void
  /** Whether the connection should end after the answer that is about to start. */
  shouldClose(): boolean
}
