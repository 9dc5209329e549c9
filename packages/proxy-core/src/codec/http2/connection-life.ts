/**
 * The life of an HTTP/2 connection: what it writes, its timers, and the ways to its end (RFC 9113 sections 5.4 and 6.8).
 * A drained connection says GOAWAY twice, so that streams on their way when it said so the first time are still served.
 */
import type { Channel } from '../../transport/channel.js'
import { bodyRateGraceMs } from '../../body/body-rate.js'
import { PeerBudgets } from './budgets.js'
import { FrameOutput, type FrameSink } from './frame-output.js'
import { errorCode, frameType, largestWindow } from './frame-types.js'
import type { Http2Deps, Http2Options } from './options.js'
import type { Http2Stream } from './stream.js'
import { ConnectionTimers, timer } from './timers.js'

export const settingsDeadlineMs = 10_000
/** Between the GOAWAY that announces the end and the one that names the last stream, when the peer does not answer a PING. */
const drainStepMs = 5000
const closeGraceMs = 1000
/** What is told of the first GOAWAY's PING and of those that keep the connection alive. */
export const drainPing = 1
const keepAlivePing = 2
/** Looks without progress after which a stream has been idle for too long. */
const maxQuietLooks = 4
/** A peer that takes less than this of what waits for it, from look to look, does not count as reading. */
const minMovedBytes = 1024

export interface ConnectionOwner {
  /** Once, last. */
  onConnectionClosed(): void
  /** The peer broke the protocol, and the connection ends. */
  onConnectionError(code: number, details: string): void
}

export abstract class ConnectionLife implements FrameSink {
  protected readonly channel: Channel
  protected readonly owner: ConnectionOwner
  readonly options: Http2Options
  protected readonly deps: Http2Deps
  readonly output: FrameOutput
  readonly budgets: PeerBudgets
  protected readonly timers: ConnectionTimers
  protected readonly streams: Map<number, Http2Stream> = new Map<number, Http2Stream>()
  /** Of streams that the peer opened. */
  protected lastPeerStream = 0
  protected goAway: 'none' | 'announced' | 'final' = 'none'
  /** Nothing is read any more. */
  ended = false
  /** From look to look; 0: none. */
  readonly #sweepMs: number

  constructor(channel: Channel, owner: ConnectionOwner, options: Http2Options, deps: Http2Deps) {
    this.channel = channel
    this.owner = owner
    this.options = options
    this.deps = deps
    this.output = new FrameOutput(this)
    this.budgets = new PeerBudgets(options.resetBurst, options.resetsPerSecond)
    this.timers = new ConnectionTimers(deps.deadlines, (kind) => this.onTimer(kind))
    this.#sweepMs = sweepMsOf(options)
  }

  protected abstract stopReading(): void
  /** Ends a stream before its time, from here. Its owner knows. */
  abstract resetStream(stream: Http2Stream, code: number): void

  protected nowMs(): number {
    return this.deps.monotonicMs()
  }

  give(buffer: Buffer, length: number): boolean {
    return this.channel.giveBytes(buffer, length)
  }
  schedule(): void {
    this.deps.flushAtTurnEnd(this)
  }
  turnEnded(): void {
    this.output.flush()
  }

  protected heard(): void {
    if (this.options.keepAliveMs > 0) this.timers.set(timer.keepAlive, this.nowMs() + this.options.keepAliveMs)
  }

  #ping(word: number): void {
    this.output.begin(8, frameType.ping, 0, 0)
    this.output.at = this.output.buffer.writeUInt32BE(0, this.output.at)
    this.output.at = this.output.buffer.writeUInt32BE(word, this.output.at)
  }

  #goAwayFrame(lastStream: number, code: number): void {
    this.output.begin(8, frameType.goAway, 0, 0)
    this.output.at = this.output.buffer.writeUInt32BE(lastStream, this.output.at)
    this.output.at = this.output.buffer.writeUInt32BE(code, this.output.at)
  }

  /** All streams fail. @param code why; @param isPeer whether the peer ended them, in good order. */
  protected breakAll(code: number, isPeer: boolean, details: string): void {
    const streams = [...this.streams.values()]
    this.streams.clear()
    for (const stream of streams) {
      stream.leave()
      stream.broken(code, isPeer, details)
    }
  }

  protected stop(): void {
    this.ended = true
    this.stopReading()
  }

  protected calm(what: string): boolean {
    return this.connectionError(errorCode.enhanceYourCalm, `too many ${what}`)
  }

  /** @returns false. */
  connectionError(code: number, details: string): boolean {
    if (this.ended) return false
    this.#goAwayFrame(this.lastPeerStream, code)
    this.output.flush()
    this.stop()
    this.breakAll(code, false, details)
    this.owner.onConnectionError(code, details)
    this.#endChannel()
    return false
  }

  /** Ends the connection; what was written still goes out. */
  close(): void {
    if (this.ended) return
    if (this.goAway !== 'final') this.#goAwayFrame(this.lastPeerStream, errorCode.noError)
    this.output.flush()
    this.stop()
    this.breakAll(errorCode.noError, true, '')
    this.#endChannel()
  }

  #endChannel(): void {
    if (this.channel.closed) return
    this.channel.end()
    this.channel.resume()
    this.timers.set(timer.close, this.nowMs() + closeGraceMs)
  }

  /** Takes no new streams and ends with the last one: GOAWAY once for all that may be on their way, and once with the last stream. */
  drain(): void {
    if (this.ended || this.goAway !== 'none') return
    if (this.streams.size === 0) return this.close()
    this.goAway = 'announced'
    this.#goAwayFrame(largestWindow, errorCode.noError)
    this.#ping(drainPing)
    this.timers.set(timer.drain, this.nowMs() + drainStepMs)
  }

  protected finishDrain(): void {
    if (this.goAway !== 'announced' || this.ended) return
    this.goAway = 'final'
    this.timers.clear(timer.drain)
    this.#goAwayFrame(this.lastPeerStream, errorCode.noError)
    if (this.streams.size === 0) this.close()
  }

  protected onTimer(kind: number): void {
    switch (kind) {
      case timer.settings:
        this.connectionError(errorCode.settingsTimeout, 'SETTINGS that are not acknowledged')
        return
      case timer.headerBlock:
        this.connectionError(errorCode.enhanceYourCalm, 'a header block that does not end')
        return
      case timer.keepAlive:
        this.#ping(keepAlivePing)
        this.timers.set(timer.pong, this.nowMs() + this.options.keepAliveTimeoutMs)
        return
      case timer.pong:
      case timer.close:
        return this.channel.destroy()
      case timer.drain:
        return this.finishDrain()
      case timer.sweep:
        return this.#sweep()
      default:
        if (this.streams.size === 0) this.close()
    }
  }

  /** Looks for streams that do not move. */
  protected startSweep(): void {
    if (this.#sweepMs > 0 && !this.timers.isSet(timer.sweep)) this.timers.set(timer.sweep, this.nowMs() + this.#sweepMs)
  }

  #sweep(): void {
    const { minBodyRate = 0, streamIdleMs } = this.options
    const nowMs = this.nowMs()
    for (const stream of this.streams.values()) {
      if (minBodyRate > 0) stream.lookAtRate(nowMs, minBodyRate)
      if (stream.closed || streamIdleMs === 0) continue
      const hasMoved = stream.movedBytes >= (stream.pendingBytes > 0 ? minMovedBytes : 1)
      stream.movedBytes = 0
      stream.quietLooks = hasMoved || !stream.isStalled ? 0 : stream.quietLooks + 1
      if (stream.quietLooks * this.#sweepMs >= streamIdleMs) {
        this.resetStream(stream, errorCode.cancel)
        stream.broken(errorCode.cancel, false, 'idle')
      }
    }
    if (this.streams.size > 0) this.startSweep()
  }
}

function sweepMsOf({ streamIdleMs, minBodyRate = 0 }: Http2Options): number {
  const idleMs = streamIdleMs / maxQuietLooks
  if (minBodyRate === 0) return idleMs
  return idleMs === 0 ? bodyRateGraceMs : Math.min(idleMs, bodyRateGraceMs)
}
