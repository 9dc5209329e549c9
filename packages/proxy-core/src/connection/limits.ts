/** Limits of connections, by where they come from. Values follow Envoy's edge advice and what the strictest proxies keep. */
import type { HeadLimits } from '../codec/http1/head-parser.js'
import type { Http2Options } from '../codec/http2/options.js'

export interface ConnectionLimits {
  readonly head: HeadLimits
  /** The whole head of a request, from its first byte. */
  readonly headDeadlineMs: number
  /** Between requests. */
  readonly keepAliveMs: number
  /** Without any progress within a request; 0: none. */
  readonly bodyIdleMs: number
  /** Of a request's body, in bytes a second on average; 0: none. */
  readonly minBodyRate: number
  readonly rejectUnderscores: boolean
  /** 0: unlimited. */
  readonly maxRequestsPerConnection: number
  readonly http2: Http2Limits
}

/** Windows in bytes. */
export type Http2Limits = Pick<
  Http2Options,
  'maxConcurrentStreams' | 'streamWindow' | 'connectionWindow' | 'resetBurst' | 'resetsPerSecond'
>

export const edgeLimits: ConnectionLimits = {
  head: { maxHeadBytes: 16_384, maxFields: 100, maxFieldBytes: 8192, maxTargetBytes: 8192 },
  headDeadlineMs: 10_000,
  keepAliveMs: 60_000,
  bodyIdleMs: 30_000,
  minBodyRate: 240,
  rejectUnderscores: true,
  maxRequestsPerConnection: 10_000,
  http2: {
    maxConcurrentStreams: 100,
    streamWindow: 65_536,
    connectionWindow: 1_048_576,
    resetBurst: 100,
    resetsPerSecond: 33,
  },
}

export const meshLimits: ConnectionLimits = {
  head: { maxHeadBytes: 65_536, maxFields: 100, maxFieldBytes: 61_440, maxTargetBytes: 32_768 },
  headDeadlineMs: 15_000,
  keepAliveMs: 300_000,
  bodyIdleMs: 300_000,
  minBodyRate: 0,
  rejectUnderscores: false,
  maxRequestsPerConnection: 0,
  http2: {
    maxConcurrentStreams: 1000,
    streamWindow: 262_144,
    connectionWindow: 4_194_304,
    resetBurst: 10_000,
    resetsPerSecond: 1000,
  },
}

export const upstreamHeadLimits: HeadLimits = { maxHeadBytes: 65_536, maxFields: 200, maxFieldBytes: 61_440, maxTargetBytes: 0 }
/** Without a byte in either direction of a request that the client has sent (Envoy's stream_idle_timeout). */
export const defaultStreamIdleMs = 300_000
/** How long a closed connection may still send before it is cut (Envoy's delayed_close_timeout). */
export const delayedCloseMs = 1000
/** How long an idle connection of HTTP/1 outlives its listener: for a request that is on its way, or whose client comes soon. */
export const idleDrainMs = 500
/** How long a closed connection waits for a peer that reads nothing of what is left for it. */
export const maxStalledMs = 60_000
/** Bytes of an opaque connection kept while its upstream is being connected. */
export const maxHeldBytes = 65_536
/** How long a client that has half-closed behind its last request is waited for: it may read the answer, or be gone altogether. */
export const halfCloseGraceMs = 2000
/** The same where it had not said that the request is its last: most are gone, and the upstream should hear of that within 100 ms. */
export const abortGraceMs = 80
