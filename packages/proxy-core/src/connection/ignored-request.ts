/** What a request that was answered without an exchange is told to. */
import type { RequestEvents } from '../codec/stream.js'

/** The rest of a request that was already answered. */
export const ignoredRequest: RequestEvents = {
  onRequestBody: () => {},
  onRequestEnd: () => {},
  onDownstreamReset: () => {},
  onDownstreamDrain: () => {},
  onTunnelData: () => {},
  onTunnelEnd: () => {},
  flushUpstream: () => {},
}
