/** The end of a connection whose other half is gone: what was written still goes out, however slowly the peer reads. */
import type { Clock } from '@heddle/base'
import type { Channel } from '../transport/channel.js'
import { delayedCloseMs, maxStalledMs } from './limits.js'

/** Sends FIN after what is pending, and cuts the connection when that has gone out and the peer does not close, or reads no more. */
export function sayFarewell(channel: Channel, clock: Clock): void {
  channel.end()
  // Nobody wants what still comes; unread it would turn the end into a reset.
  channel.resume()
  watch(channel, clock, channel.pendingBytes, 0)
}

function watch(channel: Channel, clock: Clock, pendingBytes: number, stalledMs: number): void {
  clock.setTimer(delayedCloseMs, () => {
    if (channel.closed) return
    const left = channel.pendingBytes
    const isStalled = left === pendingBytes
    if (isStalled && (left === 0 || stalledMs + delayedCloseMs >= maxStalledMs)) return channel.destroy()
    watch(channel, clock, left, isStalled ? stalledMs + delayedCloseMs : 0)
  })
}
