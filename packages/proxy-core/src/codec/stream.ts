/**
 * The seam between codecs and the router: one request and its answer, whatever the protocol on either side. HTTP/1.1 has
 * one stream a connection, HTTP/2 many behind the same four interfaces.
 *
 * Bytes are handed over as (buffer, start, end) and are valid only during the call. Writers gather what they are given
 * and put it on the wire at `flush`, so that one read event becomes one write.
 */
import type { UpstreamConnectionInfo } from '../decision-record.js'
import type { HeaderBlock } from '../message/header-block.js'

export interface RequestHead {
  readonly method: string
  /** Origin form with query, or `*`. */
  readonly path: string
  readonly authority: string
  readonly headers: HeaderBlock
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2'
  /** Bytes, or one of `bodyLength`. */
  readonly bodyLength: number
  readonly expectContinue: boolean
  /** The protocol asked for with `Upgrade`; empty when none. */
  readonly upgrade: string
  readonly acceptsTrailers: boolean
}

/** What the codec of the downstream offers to whoever answers. */
export interface DownstreamStream {
  readonly head: RequestHead
  sendInformational(status: number, headers: HeaderBlock | undefined): void
  /** @param length bytes, or one of `bodyLength`. @param close asks for the connection to end after this answer. */
  sendHead(status: number, reason: string, headers: HeaderBlock, length: number, close: boolean): void
  sendBody(buffer: Buffer, start: number, end: number): void
  sendText(latin1: string): void
  /** The answer is whole. */
  sendEnd(trailers: HeaderBlock | undefined): void
  /** After a 101: from here on bytes pass untouched both ways. */
  startTunnel(): void
  /** Half-closes a tunnel's direction towards the client. */
  endTunnel(): void
  /** Cuts the answer so that the client sees that it is broken. */
  abort(): void
  /** @returns whether more may be written now; otherwise wait for `onDownstreamDrain`. */
  flush(): boolean
  pauseRequest(): void
  resumeRequest(): void
}

/** What the codec of the downstream tells about a request after its head. */
export interface RequestEvents {
  onRequestBody(buffer: Buffer, start: number, end: number): void
  onRequestEnd(trailers: HeaderBlock | undefined): void
  /** The client is gone, or broke the framing of its body: nobody waits for an answer any more. */
  onDownstreamReset(reason: 'connection-termination' | 'protocol-error'): void
  onDownstreamDrain(): void
  /** The body comes too slowly: nobody waits for the rest. */
  onSlowBody?(): void
  onTunnelData(buffer: Buffer, start: number, end: number): void
  onTunnelEnd(): void
  /** A read event is over: send on what was gathered. */
  flushUpstream(): void
}

export type ResetReason =
  | 'connection-failure'
  | 'connection-timeout'
  | 'connection-termination'
  | 'protocol-error'
  | 'overflow'
  | 'local-reset'
  /** HTTP/2: the upstream reset the stream; or has not taken it up, so that it is safe to send the request elsewhere. */
  | 'remote-reset'
  | 'refused-stream'

/** What the codec of an upstream connection offers to the router. */
export interface UpstreamStream {
  readonly info: UpstreamConnectionInfo
  /** Whether the connection carried a request before: it may have been closed by the peer in the meantime. */
  readonly reused: boolean
  /** @param length bytes, or one of `bodyLength`. @param upgrade the protocol asked for; empty when none. */
  sendHead(method: string, path: string, headers: HeaderBlock, length: number, upgrade: string, events: ResponseEvents): void
  sendBody(buffer: Buffer, start: number, end: number): void
  sendEnd(trailers: HeaderBlock | undefined): void
  /** @returns whether more may be written now; otherwise wait for `onUpstreamDrain`. */
  flush(): boolean
  endTunnel(): void
  /** Gives the exchange up; the events stop. */
  reset(): void
  pauseResponse(): void
  resumeResponse(): void
}

/** What the codec of an upstream connection tells about the answer. */
export interface ResponseEvents {
  onInformational(status: number, headers: HeaderBlock): void
  onResponseHead(status: number, reason: string, headers: HeaderBlock, length: number): void
  onResponseBody(buffer: Buffer, start: number, end: number): void
  onResponseEnd(trailers: HeaderBlock | undefined): void
  /** 101: bytes follow. */
  onUpgraded(status: number, reason: string, headers: HeaderBlock): void
  onTunnelResponse(buffer: Buffer, start: number, end: number): void
  onTunnelResponseEnd(): void
  onUpstreamReset(reason: ResetReason, details: string): void
  onUpstreamDrain(): void
  /** A read event is over. */
  flushDownstream(): void
}
