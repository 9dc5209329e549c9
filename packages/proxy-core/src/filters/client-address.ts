/** Who the client of a request is (Envoy's `x-forwarded-for` and trusted hops), which source-IP hashing and `%DOWNSTREAM_REMOTE_ADDRESS%` go by. */
import { isIP } from 'node:net'
import type { HttpConnectionManager } from '@heddle/routing'
import type { DownstreamConnection } from '../decision-record.js'

/**
 * @param forwardedFor the header after this proxy has added to it: at an edge its last entry is the socket's peer.
 * @returns the entry that many trusted hops from the right; the socket's peer when there are not as many, or it is no address.
 */
export function clientAddress(forwardedFor: string | undefined, manager: HttpConnectionManager, connection: DownstreamConnection): string {
  const { useRemoteAddress, xffNumTrustedHops: hops = 0 } = manager
  if (forwardedFor === undefined || (useRemoteAddress === true && hops === 0)) return connection.remoteAddress
  const entry = hops === 0 ? forwardedFor.slice(forwardedFor.lastIndexOf(',') + 1) : (forwardedFor.split(',').at(-1 - hops) ?? '')
  const address = entry.trim()
  return isIP(address) === 0 ? connection.remoteAddress : address
}
