/** What both sides of HTTP/2 are told: their limits, and what they need from outside. */
import type { DeadlineQueue } from '../../deadline-queue.js'
import type { HeadLimits } from '../http1/head-parser.js'

export interface Http2Options {
  readonly head: HeadLimits
  /** Streams that the peer may have open; of a client: the most that are opened, whatever the peer allows. */
  readonly maxConcurrentStreams: number
  /** Bytes that a peer may send ahead on a stream, and on the connection. At least 65,535. */
  readonly streamWindow: number
  readonly connectionWindow: number
  /** Streams that may be reset, by the peer or for its mistakes: at once, and in the long run each second. */
  readonly resetBurst: number
  readonly resetsPerSecond: number
  /** For a header block to come to its end. */
  readonly headDeadlineMs: number
  /** Without streams; 0: for ever. */
  readonly idleMs: number
  /** Without progress of a message's body; 0: for ever. */
  readonly streamIdleMs: number
  /** Of a request's body, in bytes a second on average; absent or 0: none. */
  readonly minBodyRate?: number
  /** A PING after so long without anything from the peer; 0: never. And how long the answer may take. */
  readonly keepAliveMs: number
  readonly keepAliveTimeoutMs: number
  /** After so many streams the connection is drained; 0: never. */
  readonly maxStreams: number
  /** Whether a plain CONNECT may be asked for; else it is 405. Absent: it may. */
  readonly acceptsConnect?: boolean
  /** Whether extended CONNECT (RFC 8441) is offered. */
  readonly allowsConnect: boolean
}

export interface Http2Deps {
  readonly deadlines: DeadlineQueue
  monotonicMs(): number
  /** Calls `turnEnded` once at the end of the turn of the event loop. */
  flushAtTurnEnd(output: { turnEnded(): void }): void
}
