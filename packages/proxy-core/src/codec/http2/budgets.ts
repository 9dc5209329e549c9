/**
 * What a peer may do that costs more than it brings (CVE-2019-9511 to -9518, CVE-2023-44487, CVE-2024-27316,
 * CVE-2025-8671), with Envoy's limits where it has one. Whoever goes over ends the connection with ENHANCE_YOUR_CALM.
 */

/** So many at once, and so many a second in the long run. */
export class TokenBucket {
  readonly #burst: number
  readonly #perSecond: number
  #tokens: number
  #atMs = 0

  constructor(burst: number, perSecond: number) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#tokens = burst
  }

  /** @returns whether there was one left. */
  take(nowMs: number): boolean {
    if (this.#tokens < this.#burst) this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#atMs) * this.#perSecond) / 1000)
    this.#atMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

/** Settings frames beyond the first. */
const settingsBurst = 100
const settingsPerSecond = 10
/** Streams beyond the ones that were offered. */
const refusedBurst = 1000
const refusedPerSecond = 100
/** Frames without content, END_STREAM or END_HEADERS in a row. */
const maxEmptyFrames = 1
const maxPriorityFramesPerStream = 100
/** Frames that say nothing: of unknown types (RFC 9218's among them), answers to nothing, what concerns streams that have ended. */
const maxVoidFramesPerStream = 100
/** WINDOW_UPDATE frames for each stream and each frame of data that was sent. */
const maxWindowUpdatesPerDataFrame = 10
/** Answers that a peer asks for and does not read. */
const maxQueuedControlFrames = 1000

export class PeerBudgets {
  readonly #resets: TokenBucket
  readonly #settings = new TokenBucket(settingsBurst, settingsPerSecond)
  readonly #refused = new TokenBucket(refusedBurst, refusedPerSecond)
  #emptyFrames = 0
  #priorityFrames = 0
  #voidFrames = 0
  #windowUpdates = 0
  #queuedControlFrames = 0
  streams = 0
  dataFramesSent = 0

  constructor(resetBurst: number, resetsPerSecond: number) {
    this.#resets = new TokenBucket(resetBurst, resetsPerSecond)
  }

  /** Each answers whether the peer is still within its budget. */
  reset(nowMs: number): boolean {
    return this.#resets.take(nowMs)
  }
  settings(nowMs: number): boolean {
    return this.#settings.take(nowMs)
  }
  refused(nowMs: number): boolean {
    return this.#refused.take(nowMs)
  }
  emptyFrame(): boolean {
    return ++this.#emptyFrames <= maxEmptyFrames
  }
  priority(): boolean {
    return ++this.#priorityFrames <= maxPriorityFramesPerStream * (1 + this.streams)
  }
  voidFrame(): boolean {
    return ++this.#voidFrames <= maxVoidFramesPerStream * (1 + this.streams)
  }
  windowUpdate(): boolean {
    return ++this.#windowUpdates <= 5 + 2 * (this.streams + maxWindowUpdatesPerDataFrame * this.dataFramesSent)
  }
  /** @param isBlocked whether the peer has not read what was sent before. */
  controlFrame(isBlocked: boolean): boolean {
    if (!isBlocked) this.#queuedControlFrames = 0
    return ++this.#queuedControlFrames <= maxQueuedControlFrames
  }

  contentFrame(): void {
    this.#emptyFrames = 0
  }
}
