/** After a 101 (RFC 9110 section 7.8) a connection is no HTTP any more: these take its bytes in the codec's place. */
import type { ChannelHandler } from '../../transport/channel.js'
import type { RequestEvents, ResponseEvents } from '../stream.js'

/** The client's side. @param codec is told of the end of the connection and of room to write. */
export function clientTunnel(codec: ChannelHandler, events: RequestEvents, onEnd: () => void): ChannelHandler {
  return {
    onData(buffer, start, end) {
      events.onTunnelData(buffer, start, end)
      events.flushUpstream()
    },
    onEnd() {
      onEnd()
      events.onTunnelEnd()
    },
    onClose: (error) => codec.onClose(error),
    onDrain: () => codec.onDrain(),
  }
}

/** The upstream's side. */
export function upstreamTunnel(codec: ChannelHandler, events: ResponseEvents): ChannelHandler {
  return {
    onData(buffer, start, end) {
      events.onTunnelResponse(buffer, start, end)
      events.flushDownstream()
    },
    onEnd: () => events.onTunnelResponseEnd(),
    onClose: (error) => codec.onClose(error),
    onDrain: () => codec.onDrain(),
  }
}
