/**
 * What is looked after while a connection is served: how long it may last (Envoy's max_connection_duration), and whether its
 * peer, or that of its TCP upstream, is still trusted: certificates end and roots are replaced while connections live. What
 * runs may end first, but not for ever, and who is denied meanwhile does not get that time. Only connections with either
 * have one.
 */
import type { DeadlineEntry } from '../deadline-queue.js'
import type { PeerIdentity } from '../decision-record.js'
import { peerCheckMs, peerGraceMs } from '../peer-check.js'
import type { ConnectionDeps } from './connection-deps.js'

/** The connection that is served. */
export interface ServedConnection {
  readonly closed: boolean
  readonly listener: { readonly name: string }
  readonly remoteAddress: string
  /** Peers of either side whose certificates were verified. */
  verifiedPeers(): readonly PeerIdentity[]
  /** Ends what is idle; the rest after its answer. */
  drain(): void
  /** Ends for a peer that is no longer trusted. */
  leavePeer(atOnce: boolean): void
}

export class ServedWatch implements DeadlineEntry {
  readonly #connection: ServedConnection
  readonly #deps: ConnectionDeps
  readonly #watchesPeers: boolean
  #drainsAtMs: number
  /** When the peer was found to be trusted no longer; a last answer may be on its way. */
  #endingSinceMs = Infinity
  heapIndex = -1
  dueMs = 0
  deadlineMs = 0

  /** @param drainsAtMs on the monotonic clock; Infinity: never. */
  constructor(connection: ServedConnection, deps: ConnectionDeps, watchesPeers: boolean, drainsAtMs: number) {
    this.#connection = connection
    this.#deps = deps
    this.#watchesPeers = watchesPeers
    this.#drainsAtMs = drainsAtMs
    this.#lookAgain()
  }

  end(): void {
    this.#deps.exchange.deadlines.remove(this)
  }

  onDeadline(nowMs: number): void {
    if (nowMs >= this.#drainsAtMs) {
      this.#drainsAtMs = Infinity
      this.#connection.drain()
    }
    if (this.#watchesPeers && !this.#connection.closed) this.#checkPeers(nowMs)
    if (!this.#connection.closed) this.#lookAgain()
  }

  #lookAgain(): void {
    const { clock, deadlines } = this.#deps.exchange
    const checkMs = this.#watchesPeers ? clock.monotonicMs() + peerCheckMs : Infinity
    const nextMs = Math.min(checkMs, this.#drainsAtMs)
    if (nextMs < Infinity) deadlines.set(this, nextMs)
  }

  #checkPeers(nowMs: number): void {
    const peers = this.#connection.verifiedPeers()
    const trusts = peers.map((peer) => this.#deps.trustIn(peer))
    if (trusts.every((trust) => trust === 'trusted' || trust === 'replaced')) return
    const isFirst = this.#endingSinceMs === Infinity
    if (isFirst) {
      this.#endingSinceMs = nowMs
      const { listener, remoteAddress: remote } = this.#connection
      const context = { listener: listener.name, remote, peer: peers[0]?.spiffeId }
      this.#deps.logger.info('a connection ends because its peer is no longer trusted', context)
    }
    const atOnce = trusts.includes('denied') || nowMs - this.#endingSinceMs >= peerGraceMs
    if (isFirst || atOnce) this.#connection.leavePeer(atOnce)
  }
}
